#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# timeout: 600
"""What is refused before the application is traced, and said clearly: shells that start nothing, an --out that cannot be written; and a
tracing agent that ends at once, which must not be waited for. Scripts that are distilled by what they ask of the machine and of files. And a
prompt at a terminal, which Ctrl-C does not end."""
import os
import pty
import resource
import select
import shutil
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from derive import derive  # noqa: E402
from support import BUILD, PATIENCE, THRESH, Tap, environment, executing, scratch, state, thresh, until  # noqa: E402

tap = Tap()
os.chdir(scratch("entries"))
with open(os.path.join(BUILD, "src/init/thresh-init"), "rb") as stream:
    INIT = stream.read()  # any program under a launcher's name: it is not to be run
FILES = {"/usr/bin/tini": (INIT, 0o755), "/run.sh": (b"#!/bin/sh\nexec true\n", 0o755), "/data": b"#!/bin/sh\n"}


def refused(name, entry, text, options=(), command=None, env=None, code=3):
    shutil.rmtree("image", ignore_errors=True)
    derive("flask", "image", FILES, Entrypoint=entry, Cmd=command)
    done = thresh("harden", "oci:image", "oci:sealed", *options, env=env)  # ended, where it waits
    problem = done.problem(code, text)
    if not problem and code == 3 and "tracing the original" in done.log:
        problem = "it was run before it was refused"
    tap.point(name, problem, done.log)


refused("a shell behind env that starts nothing", ["env", "A=1", "sh", "-c", "exit 0"], "starts no application")
refused("a shell behind two launchers", ["tini", "--", "/usr/bin/env", "-i", "A=1", "/bin/bash"], "starts no application")
refused("--out below a file", ["sleep", "9"], "/etc/passwd", ["--out", "/etc/passwd/out"])
refused("--out where no file can be made", ["sleep", "9"], "--out /proc", ["--out", "/proc"])

os.mkdir("libexec")
shutil.copy(os.path.join(BUILD, "src/init/thresh-init"), "libexec/thresh-init")
shutil.copy("/bin/false", "libexec/thresh-agent")
refused("an agent that ends at once", ["sleep", "9"], "the tracing agent ended",
        env=environment(THRESH_LIBEXEC=os.path.abspath("libexec")), code=7)

# A script behind tini is distilled, and init stands in for both.
shutil.rmtree("image")
derive("flask", "image", FILES, Entrypoint=["tini", "-g", "-e", "143", "--"], Cmd=["/run.sh"])
done = thresh("harden", "oci:image", "oci:script")
tap.point("a script behind tini is distilled", done.problem(0) or (None if "in place of the script" in done.out else "no plan is shown"), done.log)

# A script that is the image's Cmd: its steps are for these words alone; another command line is run as it is.
shutil.rmtree("image")
derive("flask", "image", {"/start.sh": (b"#!/bin/sh\nset -e\nexport GREETING=\"${WHO:-nobody} $1\"\nexec printenv GREETING\n", 0o755)}, Cmd=["/start.sh", "x"])
done = thresh("harden", "oci:image", "oci:command", "--run", "/start.sh x", "--run", "env")
if tap.point("a script as Cmd is distilled", done.problem(0) or (None if "if equals ${1} /start.sh" in done.out else "no plan for it is shown"), done.log):
    for name, words, want in (("its own words", ["/start.sh", "y"], "me y\n"), ("another command", ["env"], "")):
        done = thresh("run", "--env", "WHO=me", "oci:command", *words)
        tap.point(f"run by {name}", done.problem(0) or (None if (want in done.out if want else "GREETING" not in done.out) else "wrong"), done.log)

# A script that waits for its application says with which status the container ends; without it the application does.
shutil.rmtree("image")
derive("flask", "image", {"/wait.sh": (b"#!/bin/bash\ntrap 'kill $pid' TERM\npython3 -m http.server 8080 &\npid=$!\nwait $pid\n", 0o755)},
       Entrypoint=["/wait.sh"], Cmd=None)
done = thresh("harden", "oci:image", "oci:waits")
tap.point("a script that waits for its application", done.problem(0) or (None if "exec python3" in done.out else "no plan is shown"), done.log)

# What the machine has: processors are a fact of the plan, memory is none.
shutil.rmtree("image")
derive("flask", "image", {"/facts.sh": (b"#!/bin/sh\nexport WORKERS=${WORKERS:-$(nproc)}\nexec printenv WORKERS\n", 0o755)}, Entrypoint=["/facts.sh"], Cmd=None)
done = thresh("harden", "oci:image", "oci:facts")
if tap.point("a script that asks for processors", done.problem(0) or (None if "fact thresh_cpus cpus" in done.out else "no fact is shown"), done.log):
    done = thresh("run", "oci:facts")
    tap.point("they are this machine's", done.problem(0) or (None if done.out == f"{len(os.sched_getaffinity(0))}\n" else repr(done.out)), done.log)
shutil.rmtree("image")
derive("flask", "image", {"/computed.sh": (b"""#!/bin/sh
n=$(nproc)
half=$((n / 2))
[ $half -gt 0 ] || half=1
echo "threads = $half" > /tmp/conf
exec python3 -c 'import sys; print(open("/tmp/conf").read().strip(), *sys.argv[1:])' 127.0.0.1:6001 --workers ${WORKERS:-$((2 * n + 1))}
""", 0o755)}, Entrypoint=["/computed.sh"], Cmd=None)
done = thresh("harden", "oci:image", "oci:computed")
if tap.point("numbers that are computed of the processors", done.problem(0) or (
        None if " workers 2 1 1" in done.out and " workers 1 2 0 1" in done.out else "no fact is shown"), done.log):
    cpus = sorted(os.sched_getaffinity(0))
    for count, options, workers in ((len(cpus), [], 2 * len(cpus) + 1), (1, [], 3), (1, ["--env", "WORKERS=7"], 7)):
        done = thresh("run", *options, "oci:computed", preexec_fn=lambda: os.sched_setaffinity(0, cpus[:count]))
        tap.point(f"on {count}, {options}", done.problem(0) or (
            None if done.out == f"threads = {max(count // 2, 1)} 127.0.0.1:6001 --workers {workers}\n" else repr(done.out)), done.log)
shutil.rmtree("image")
derive("flask", "image", {"/address.sh": (b"#!/bin/sh\nexport ADDRESS=${ADDRESS:-$(hostname -i)}\nexec printenv ADDRESS\n", 0o755)}, Entrypoint=["/address.sh"], Cmd=None)
done = thresh("harden", "oci:image", "oci:address")
tap.point("the container's own address is no constant", done.problem(3, "name servers or address", "entrypoint.fixed"), done.log)
shutil.rmtree("image")
derive("flask", "image", {"/few.sh": (b"#!/bin/sh\nn=$(nproc)\n[ $n -le 8 ] || n=8\nexec echo $n\n", 0o755)}, Entrypoint=["/few.sh"], Cmd=None)
done = thresh("harden", "oci:image", "oci:few")
tap.point("eight at most is none", done.problem(3, "follows the machine's memory", "entrypoint.fixed"), done.log)
shutil.rmtree("image")
derive("flask", "image", {"/memory.sh": (b"#!/bin/sh\nm=$(awk '/MemTotal/ { print int($2 / 2048) }' /proc/meminfo)\nexec echo ${CACHE:-$m}\n", 0o755)},
       Entrypoint=["/memory.sh"], Cmd=None)
done = thresh("harden", "oci:image", "oci:memory")
tap.point("half of the memory is no fact", done.problem(3, "follows the machine's memory", "entrypoint.fixed"), done.log)
done = thresh("harden", "oci:image", "oci:memory", "--env", "CACHE=7")
tap.point("with the variable set", done.problem(0), done.log)

# A limit is a step; one that is raised as far as it may be has no number.
shutil.rmtree("image")
derive("flask", "image", {"/limit.sh": (b"#!/bin/sh\nulimit -n 512\nexec python3 -c 'import resource; print(resource.getrlimit(resource.RLIMIT_NOFILE))'\n", 0o755)},
       Entrypoint=["/limit.sh"], Cmd=None)
done = thresh("harden", "oci:image", "oci:limit")
if tap.point("a script that sets a limit", done.problem(0), done.log):
    done = thresh("run", "oci:limit")
    tap.point("the application has it", done.problem(0) or (None if done.out == "(512, 512)\n" else repr(done.out)), done.log)
shutil.rmtree("image")
derive("flask", "image", {"/raise.sh": (b"#!/bin/sh\nulimit -Sn 64\nulimit -Sn $(ulimit -Hn)\nexec true\n", 0o755)}, Entrypoint=["/raise.sh"], Cmd=None)
done = thresh("harden", "oci:image", "oci:raise")
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
tap.point("a limit that is raised to the hard one", done.problem(3, "nofile", "ulimit") if soft != hard else done.problem(0), done.log)

# A file that may be mounted: that it is there is a condition, what it says is not known. And a text with several variables.
shutil.rmtree("image")
derive("flask", "image", {"/mounted.sh": (b"#!/bin/sh\n[ ! -f /config/a ] || set -- \"$@\" a\n[ ! -f /config/b ] || set -- \"$@\" b\n[ ! -r /config/env ] || . /config/env\n"
                                          b"exec echo \"$@\" \"${A:-1}-${B:-2}-${C:-3}-${D:-4}\"\n", 0o755)}, Entrypoint=["/mounted.sh"], Cmd=["x"])
done = thresh("harden", "oci:image", "oci:mounted")
if tap.point("a script that looks for mounted files", done.problem(0), done.log):
    os.mkdir("config")
    for name, files, env, want in (("without", [], [], "x 1-2-3-4\n"), ("one", ["b"], ["C=c"], "x b 1-2-c-4\n"),
                                   ("both", ["a", "b"], ["A=a", "B=b", "D=d"], "x a b a-b-3-d\n")):
        for file in files:
            with open(f"config/{file}", "w", encoding="utf-8"):
                pass
        options = [word for entry in env for word in ("--env", entry)]
        done = thresh("run", "--volume", f"{os.path.abspath('config')}:/config", *options, "oci:mounted")
        tap.point(f"mounted: {name}", done.problem(0) or (None if done.out == want else repr(done.out)), done.log)
        for file in files:
            os.unlink(f"config/{file}")
    with open("config/env", "w", encoding="utf-8") as stream:
        stream.write("A=1\n")
    done = thresh("run", "--volume", f"{os.path.abspath('config')}:/config", "oci:mounted")
    tap.point("mounted: what it says counts", done.problem(1, "/config/env"), done.log)

# What the script escapes, a plan that copied it would let through: it is escaped in the same way.
shutil.rmtree("image")
derive("flask", "image", {"/escape.sh": (b"#!/bin/sh\nprintf \"name = '%s'\\n\" \"$(printf %s \"$WHO\" | sed \"s/'/''/g\")\" > /tmp/conf\nexec cat /tmp/conf\n", 0o755)},
       Entrypoint=["/escape.sh"], Env=["PATH=/usr/bin:/bin", "WHO=me"], Cmd=None)
done = thresh("harden", "oci:image", "oci:escape")
if tap.point("a script that escapes quotes is distilled", done.problem(0), done.log):
    done = thresh("run", "--env", "WHO=a b", "oci:escape")
    tap.point("its plan takes a value without", done.problem(0) or (None if done.out == "name = 'a b'\n" else repr(done.out)), done.log)
    done = thresh("run", "--env", "WHO=o' or 1=1", "oci:escape")
    tap.point("and escapes one with", done.problem(0) or (None if done.out == "name = 'o'' or 1=1'\n" else repr(done.out)), done.log)

# What cannot be distilled is an error that says so; steps written by hand are a way out, and are proved like any others.
shutil.rmtree("image")
derive("flask", "image", {"/upper.sh": (b"#!/bin/sh\nGREETING=$(echo \"$WHO\" | tr a-z A-Z)\nexport GREETING\nexec printenv GREETING\n", 0o755)},
       Entrypoint=["/upper.sh"], Env=["PATH=/usr/bin:/bin", "WHO=me"], Cmd=None)
done = thresh("harden", "oci:image", "oci:upper")
tap.point("upper case is no template", done.problem(3, "/upper.sh", "WHO", "entrypoint.fixed", "entrypoint.plan"), done.log)


def with_plan(name, text, *problem):
    with open("start.plan", "w", encoding="utf-8") as stream:
        stream.write(text)
    with open("plan.yaml", "w", encoding="utf-8") as stream:
        stream.write("entrypoint: {plan: start.plan}\n")
    found = thresh("harden", "oci:image", "oci:upper", "--config", "plan.yaml")
    tap.point(name, found.problem(*problem), found.log)
    return found


with_plan("steps of one's own that are wrong", "thresh-plan 1\nset GREETING you\nexec printenv GREETING\n", 5, "starts it")
with_plan("an unknown step", "thresh-plan 1\nset GREETING ME\nexecute printenv GREETING\n", 3, "start.plan:3:")
with_plan("what thresh decides itself", "thresh-plan 1\nlandlock-write /\nexec printenv GREETING\n", 3, "start.plan:2:", "leave it out")
with_plan("no step", "thresh-plan 1\n", 3, "no step")
with_plan("steps of one's own", "thresh-plan 1\nset GREETING ME\nexec printenv GREETING\n", 0)
done = thresh("run", "oci:upper")
tap.point("the image starts by them", done.problem(0) or (None if done.out == "ME\n" else repr(done.out)), done.log)

# What starts no shell is no shell: the words of a program that is no launcher are its own.
shutil.rmtree("image")
derive("flask", "image", FILES, Cmd=None,
       Entrypoint=["env", "A=/run.sh", "python3", "-c", "import sys; print(sys.argv[1:])", "/bin/sh", "/data"])
done = thresh("harden", "oci:image", "oci:sealed")
tap.point("a shell as an argument of the application", done.problem(0), done.log)

# --- a prompt at a terminal: Ctrl-C is one of its keys, and kills nothing afterwards ---

def read_until(fd, text):
    got, end = b"", time.monotonic() + PATIENCE
    while text not in got and time.monotonic() < end:
        if not select.select([fd], [], [], 0.1)[0]:
            continue
        try:
            got += os.read(fd, 4096)
        except OSError:
            break  # the other end is gone
    return None if text in got else f"no {text} in {got}"


shutil.rmtree("image")
derive("flask", "image", {}, Cmd=None, Entrypoint=["python3"])
done = thresh("harden", "oci:image", "oci:prompt", "--run", "-c 'import readline, rlcompleter'")
if tap.point("a prompt hardens", done.problem(0), done.log):
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(THRESH, [THRESH, "run", "oci:prompt"], environment())
    problem = read_until(terminal, b">>> ")
    # Python looks for a signal before it waits for a key, and not again: one in between would show with the next key alone.
    until(lambda: any(state(one) == "S" for one in executing(pid, "/python3.11")))
    os.write(terminal, b"\x03")
    problem = problem or read_until(terminal, b"KeyboardInterrupt")
    time.sleep(11)  # beyond the grace of a stop
    os.write(terminal, b"print(6*7)\n")
    problem = problem or read_until(terminal, b"42")
    os.write(terminal, b"exit(3)\n")
    _, status = os.waitpid(pid, 0)
    tap.point("it lives on after Ctrl-C, and its exit status arrives",
              problem or (None if os.waitstatus_to_exitcode(status) == 3 else f"exit status {status}"))
tap.end()
