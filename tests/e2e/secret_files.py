#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# timeout: 300
"""--secret: the application finds it at /run/secrets, and it is in nothing that thresh writes: an application that hands it on is
followed where the value can be masked, and refused, with the place and not the value, where it cannot."""
import base64
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import (CONFIG, Tap, base, cache, file, finish, layout, scratch, start, thresh)  # noqa: E402

tap = Tap()
place = scratch("secret-files")
os.chdir(place)
SECRET = "kr0ne-/+b4r-Zm9v-q\"x~"
assert len(SECRET) % 3 == 0
ENCODED = base64.b64encode(SECRET.encode(), altchars=b"+_").decode()


def holds(directory):
    """Files and names that hold it, plain or as the application encodes it."""
    wanted = [SECRET, ENCODED, base64.b64encode(SECRET.encode()).decode(), SECRET.encode().hex(), json.dumps(SECRET)[1:-1]]
    found = []
    for where, directories, names in os.walk(directory):
        found += [f"{where}/{name}" for name in names + directories if any(text in name for text in wanted)]
        for name in names:
            path = os.path.join(where, name)
            if os.path.isfile(path) and not os.path.islink(path) and os.path.basename(path) not in ("db", "other"):
                with open(path, "rb") as stream:
                    data = stream.read()
                found += [path for text in wanted if text.encode() in data]
    return found


def work(arguments, *more, config=None):
    directory = scratch(f"secret-files/run-{tap.count}")
    os.chdir(directory)
    with open("db", "w", encoding="utf-8") as stream:
        stream.write(SECRET + "\n")
    layout("source", [base(*more)], dict(CONFIG, Cmd=arguments, **(config or {})))
    return directory


def tried(name, arguments, status, *texts, more=(), options=("--secret", "id=db,src=db"), command="harden", config=None):
    directory = work(arguments, *more, config=config)
    operands = {"harden": ["--out", "evidence", "oci:source", "oci:out"], "trace": ["oci:source", "profile.json"]}[command]
    done = finish(start(command, *options, *operands))
    problem = done.problem(status, *texts)
    if any(text in done.out + done.err for text in (SECRET, ENCODED)):
        problem = problem or "it is printed"
    # the source image may hold it; nothing else may
    found = [path for path in holds(directory) + holds(cache()) if "/source/" not in path and not more]
    problem = problem or (f"found in {found}" if found else None)
    written = [path for path in ("out", "evidence/profile.json", "evidence/plan", "profile.json") if os.path.exists(path)]
    if status != 0 and written:
        problem = problem or f"it failed, and wrote {written}"
    tap.point(name, problem, done.log)
    return directory


tried("an application that reads it", ["secret"], 0)
words = thresh("manifest", "oci:out", "--target", "podman").out
tap.point("podman is told of it", None if "--secret db,type=mount,target=/run/secrets/db,uid=" in words else "it is not", words)
text = thresh("manifest", "oci:out", "--target", "kubernetes").out
tap.point("Kubernetes mounts a Secret there",
          None if "mountPath: /run/secrets" in text and "key: db" in text and "--from-file=db" in text else "it does not", text)
text = thresh("manifest", "oci:out", "--target", "oci-runtime").out
mounts = [mount for mount in json.loads(text)["mounts"] if mount["destination"] == "/run/secrets/db"]
tap.point("a runtime binds it", None if mounts and "ro" in mounts[0]["options"] else "it does not", text)
done = thresh("replay", "--secret", "id=db,src=db", "oci:source", "oci:out")
tap.point("a replay has it", done.problem(0), done.log)
done = thresh("replay", "oci:source", "oci:out")
tap.point("without it the application fails", done.problem(4), done.log)

tried("copied into /etc and encoded into /tmp: runs leave no files", ["secret", "files"], 0)
tried("in its log", ["secret", "log"], 0)
tried("in its answer", ["secret", "answer"], 0)
tried("in an argument: the profile has ${secret:db}", ["secret", "argument"], 0)
with open("evidence/profile.json", encoding="utf-8") as stream:
    tap.point("it has", None if "${secret:db}" in stream.read() else "it has not")
tried("encoded in an argument", ["secret", "encoded-argument"], 3, "the secret db is in", "profile.json")
tried("encoded in a name", ["secret", "name"], 3, "the secret db is in", "profile.json")
tried("a trace too writes no profile that holds it", ["secret", "encoded-argument"], 3, "the secret db is in the profile",
      command="trace")
with open(os.path.join(place, "secrets.yaml"), "w", encoding="utf-8") as stream:
    stream.write("secrets:\n  db: db\n")
tried("from thresh.yaml", ["secret"], 0, options=("--config", os.path.join(place, "secrets.yaml")))
tried("in the image's own environment", ["secret"], 3, "the secret db is in config: config.Env[", config={"Env": [f"DB={SECRET}"]})
tried("in a file that the image ships", ["secret"], 3, "the secret db is in layer 0: /etc/app.conf, as the source image ships it",
      more=[file("etc/app.conf", b"password = " + SECRET.encode())], options=("--secret", "id=db,src=db", "--keep", "/etc/app.conf=test"))

# --- what cannot be looked for ---

for name, content, text in (("of five bytes", b"12345\n", "less than 6 bytes"), ("of one byte many times", b"aaaaaaaaaa", "different"),
                            ("of too many bytes", os.urandom(600000), "500000"), ("that is not there", None, "No such file")):
    work(["secret"])
    if content is not None:
        with open("other", "wb") as stream:
            stream.write(content)
    done = thresh("harden", "--secret", "id=db,src=other", "oci:source", "oci:out")
    tap.point(f"a secret {name} is refused", done.problem(3, text), done.log)

# --- values of --env ---

ARGUMENTS = ["--", "serve", "internal-word"]
work(["serve"])
done = thresh("harden", "--env", "WORD=internal-word", "oci:source", "oci:out", *ARGUMENTS)
tap.point("a variable's value that is written", done.problem(3, "the value of --env WORD is in"), done.log)
tap.point("its value is not told", "it is" if "internal-word" in done.err else None, done.log)
with open("public.yaml", "w", encoding="utf-8") as stream:
    stream.write("public: [WORD]\n")
done = thresh("harden", "--env", "WORD=internal-word", "--config", "public.yaml", "oci:source", "oci:out", *ARGUMENTS)
tap.point("said to be public", done.problem(0), done.log)
work(["serve"], file("etc/modes", b"internal-word external-word"))
done = thresh("harden", "--env", "WORD=internal-word", "oci:source", "oci:out", *ARGUMENTS)
tap.point("in a file of the source image already", done.problem(0), done.log)
done = thresh("harden", "--env", "WORD=stop_signal", "oci:source", "oci:out", "--", "serve", "stop_signal")
tap.point("a word of thresh's own", done.problem(0), done.log)
tap.end()
