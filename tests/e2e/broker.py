#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# timeout: 400
"""The exec broker: command lines that an application gave to a shell work without one, names that are made up become holes,
and nothing else passes: no other line, and no shell syntax, option or path in the place of a value."""
import ast
import gzip
import io
import os
import sys
import tarfile
import urllib.parse
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from derive import derive  # noqa: E402
from support import PATIENCE, Tap, blob, finish, free_port, manifest_of, scratch, start, thresh, until  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
ROUTES = ["system", "popen", "quoted", "environment", "bash", "quiet", "merged", "dropped", "absent", "libc", "erlang", "temporary", "number"]
tap = Tap()
os.chdir(scratch("broker"))


def app(name, program, command, base="flask", **config):
    with open(os.path.join(HERE, "apps", program), "rb") as stream:
        derive(base, name, {f"/srv/{program}": stream.read()}, Cmd=command, Entrypoint=None, WorkingDir="/srv",
               ExposedPorts={"8080/tcp": {}}, User="", **config)


class Running:
    """The sealed image, for a while."""

    def __init__(self, image):
        self.port = free_port()
        self.process = start("run", "-p", f"{self.port}:8080", image)

    def __enter__(self):
        if until(lambda: self.answers() or self.process.poll() is not None) and self.process.poll() is None:
            return self
        raise TimeoutError(finish(self.process, 1).log)

    def answers(self):
        try:
            self.get("/")
            return True
        except OSError:
            return False

    def get(self, path, **query):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}?{urllib.parse.urlencode(query, doseq=True)}", timeout=PATIENCE) as answer:
            return answer.read().decode()

    def __exit__(self, *_):
        self.process.terminate()
        self.done = finish(self.process)


def probes(routes):
    return [word for route in routes for word in ("--probe", f"http://:8080/{route}")]


def write(name, text):
    with open(name, "w", encoding="utf-8") as stream:
        stream.write(text)
    return name


def listing(image):
    """Paths of the image's layers: path → link target or None."""
    found = {}
    for layer in manifest_of(image)["layers"]:
        data = blob(image, layer["digest"])
        data = gzip.decompress(data) if layer["mediaType"].endswith("gzip") else data
        for member in tarfile.open(fileobj=io.BytesIO(data)):
            found["/" + member.name.lstrip("./").rstrip("/")] = member.linkname or None
    return found


app("image", "broker.py", ["python3", "/srv/broker.py"])
done = thresh("harden", "oci:image", "oci:sealed", *probes(ROUTES), "--preset", "strict")
if not tap.point("command lines of all kinds are hardened", done.problem(0), done.log):
    tap.end()
paths = listing("sealed")
tap.point("the shells are links to thresh-init", None if paths.get("/usr/bin/sh") == paths.get("/usr/bin/bash") == "/.thresh/init"
          and "/usr/bin/dash" not in paths else str({p: t for p, t in paths.items() if "sh" in p}))
tap.point("the report says what is run", None if "basename /a/b\n" in done.out else "no pattern", done.out)
plan = thresh("plan", "show", "oci:sealed")
tap.point("the plan has the patterns", None if "wc -c %{path /tmp}" in plan.out else "no pattern", plan.out)
why = thresh("why", "oci:sealed", "/bin/sh")
tap.point("why tells of the link", None if "/.thresh/init" in why.out and "broker" in why.out else why.log)
JOB = "/tmp/job-other.txt"
with Running("oci:sealed") as running:
    for name, line, want in (
            ("a recorded line", "basename /a/b", "(0, 'b\\n', '')"),
            ("another path in the hole", f"wc -c {JOB}", "(1, '', 'wc: "),
            ("another number in the holes", "printf '%s-%s' n7x 12345", "(0, 'n7x-12345', '')")):
        answer = running.get("/line", line=line)
        tap.point(name, None if answer.startswith(want) else answer)
    for name, line in (
            ("another line", "id -u"), ("no line", ""), ("more behind it", "basename /a/b /c"), ("less", "basename"),
            ("a list", "basename /a/b; id"), ("a second line", "basename /a/b\nid"), ("in the background", "basename /a/b &"),
            ("a list in a hole", f"wc -c {JOB};id"), ("a pipe in a hole", f"wc -c {JOB}|id"),
            ("an expansion in a hole", "wc -c /tmp/job-$(id).txt"), ("backticks in a hole", "wc -c /tmp/job-`id`.txt"),
            ("a variable in a hole", "wc -c /tmp/job-$HOME.txt"), ("a line end in a hole", "wc -c /tmp/job-a\nid.txt"),
            ("a blank in a hole", "wc -c /tmp/job-a /etc/passwd.txt"), ("a quote in a hole", "wc -c /tmp/job-a'b.txt"),
            ("a redirection in a hole", "wc -c /tmp/job-a>x.txt"), ("a pattern in a hole", "wc -c /tmp/job-*.txt"),
            ("the parent in a hole", "wc -c /tmp/../etc/job-x.txt"), ("the parent at the end", "wc -c /tmp/job-/..txt"),
            ("a path elsewhere", "wc -c /etc/passwd"), ("an option in a hole", "wc -c --files0-from=/tmp/x.txt"),
            ("a word for a number", "printf '%s-%s' nax 12"), ("an option for a number", "printf '%s-%s' n7x -1"),
            ("a subshell for a number", "printf '%s-%s' n7x $(id)"),
            ("another environment", "TZ=UTC LC_ALL=C LD_PRELOAD=/tmp/x exec date -d @0 +%Y-%m-%d"),
            ("the loader by way of a hole", "wc -c /lib64/ld-linux-x86-64.so.2")):
        answer = running.get("/line", line=line)
        status, out, err = ast.literal_eval(answer)
        tap.point(f"refused: {name}", None if status == 126 and not out and err.startswith("thresh-init: /bin/sh: ")
                  and err.count("\n") == 1 else answer)
    for name, words in (("a shell without a command", ["/bin/sh"]), ("a script", ["/bin/sh", "/srv/x.sh"]),
                        ("a login shell", ["/bin/sh", "-lc", "basename /a/b"]), ("standard input", ["/bin/sh", "-s"])):
        answer = running.get("/words", word=words)
        tap.point(f"refused: {name}", None if "returncode=126" in answer else answer)

    for name, line, want in (("a recorded line for os:cmd", "basename /f/erlang", "erlang\n\x04\n"),
                             ("refused: a list for os:cmd", "basename /f/erlang; id", "refused\n\x04\n")):
        answer = running.get("/erlang", line=line)
        tap.point(name, None if answer.endswith(want) else repr(answer))

app("node", "broker.js", ["node", "/srv/broker.js"], "node")
done = thresh("harden", "oci:node", "oci:node-sealed", *probes(["exec", "sync"]))
if tap.point("node: child_process.exec", done.problem(0), done.log):
    with Running("oci:node-sealed") as running:
        for line, want in (("id -u", "65532\n"), ("id -u; id", "126 thresh-init: "), ("id -g", "126 thresh-init: ")):
            answer = running.get("/line", line=line)
            tap.point(f"node: `{line}`", None if answer.startswith(want) else answer)
app("perl", "broker.js", ["perl", "-e", "print `basename '/a/b c'`, system(q(test -d '/tmp')), qq(\\n)"], "perl")
done = thresh("harden", "oci:perl", "oci:perl-sealed")
tap.point("perl: system and backticks", done.problem(0), done.log)

# --- what holds shell syntax is the user's to decide ---
app("pipe", "broker.py", ["python3", "-c", "import os; os.system('date | wc -l >/dev/null'); os.system('true'); print('done')"])
done = thresh("harden", "oci:pipe", "oci:none")
tap.point("a pipe is an error with the ways out", done.problem(3, "`date | wc -l >/dev/null`", "a pipe (|)", "thresh.yaml", "refuse", "allow"), done.log)
done = thresh("harden", "oci:pipe", "oci:pipe-sealed", "--config", write("refuse.yaml", "commands:\n  refuse:\n    date *: only for the log\n"))
tap.point("it may be refused for a reason", done.problem(0) or (None if "only for the log" in done.out else "no note"), done.log)
done = thresh("harden", "oci:pipe", "oci:none", "--config", write("bad.yaml", "commands:\n  allow:\n    id | wc -l: x\n"))
tap.point("no pipe can be allowed", done.problem(2, "line 3", "a pipe (|)"), done.log)
app("allow", "broker.py", ["python3", "/srv/broker.py"])
write("allow.yaml", "commands:\n  allow:\n    \"wc -l %{path /tmp}\": uploads\n    \"sha256sum %{path /tmp}\": uploads\n")
done = thresh("harden", "oci:allow", "oci:allow-sealed", "--config", "allow.yaml", *probes(["popen"]))
if tap.point("patterns that no run showed may be allowed", done.problem(0), done.log):
    with Running("oci:allow-sealed") as running:
        answer = running.get("/line", line="sha256sum /tmp/absent")
        tap.point("and are run", None if answer.startswith("(1, '', 'sha256sum: /tmp/absent") else answer)
        answer = running.get("/line", line="wc -c /tmp/absent")
        tap.point("and no others", None if answer.startswith("(126, ") else answer)
tap.end()
