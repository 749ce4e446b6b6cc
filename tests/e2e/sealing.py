#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# timeout: 400
"""What sealing makes, seen from inside and from outside: sizes by the peak, a volume that is filled once and never again,
`thresh run` with all restrictions, modes and contents of the layers, the words for podman."""
import json
import os
import pty
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from derive import derive  # noqa: E402
from support import PATIENCE, THRESH, Tap, blob, blob_path, environment, free_port, manifest_of, scratch, start, thresh  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
SHELLS = {"sh", "bash", "dash", "ash", "zsh", "ksh", "busybox", "apt", "apt-get", "dpkg", "pip", "pip3", "su", "mount"}
tap = Tap()
os.chdir(scratch("sealing"))
with open(os.path.join(HERE, "apps/store.py"), "rb") as stream:
    derive("flask", "store", {"/srv/store.py": stream.read(), "/data": (None, 0o755, 1234),
                              "/data/shipped": (b"shipped", 0o644, 1234), "/data/sub/more": (b"more", 0o600, 1234),
                              "/var/log/store.log": (b"", 0o644, 1234)},
           Entrypoint=["python3", "/srv/store.py"], Cmd=None, WorkingDir="/srv", User="1234:1234", Volumes={"/data": {}},
           ExposedPorts={"8080/tcp": {}})
SEALED = "oci:store-sealed:latest"
done = thresh("harden", "oci:store", SEALED, "--probe", "http://:8080/", "--probe", "http://:8080/spill")
if not tap.point("it hardens", done.problem(0), done.log):
    tap.end()


def emitted(target, *arguments):
    return thresh("manifest", SEALED, "--target", target, *arguments).out


words = json.loads(emitted("podman", "--format", "json", "--image", "localhost/store:1"))
document = json.loads(blob("store-sealed", manifest_of("store-sealed")["config"]["digest"]))
seal = json.loads(document["config"]["Labels"]["dev.thresh.seal"])
writable = {entry["path"]: entry for entry in seal["writable"]}
size = writable["/tmp"].get("size_bytes")
tap.point("100 MB that live within one request make room for four times that",
          None if size == 512 << 20 else f"/tmp has {size} bytes")
tap.point("a log that is only appended to is a link",
          None if {"path": "/var/log/store.log", "to": "stdout"} in seal["logs"] else str(seal["logs"]))


# --- the layers ---

def members():
    for layer in manifest_of("store-sealed")["layers"]:
        path = blob_path("store-sealed", layer["digest"])
        with subprocess.Popen(["zstd", "-dcq", path] if "zstd" in layer["mediaType"] else ["gzip", "-dcq", path]
                              if "gzip" in layer["mediaType"] else ["cat", path], stdout=subprocess.PIPE) as unpacked, \
                tarfile.open(fileobj=unpacked.stdout, mode="r|") as archive:
            yield from archive


problems = []
for member in members():
    mount_point = member.isdir() and member.mode & 0o1000
    if member.mode & 0o6000 or (member.mode & 0o022 and not member.issym() and not mount_point):
        problems.append(f"{member.name}: mode {member.mode:o}")
    directory, name = os.path.split(member.name.removeprefix("./"))
    if name in SHELLS and directory != "var/lib/dpkg/status.d" and not member.isdir():
        problems.append(f"{member.name}: is still there")
    if member.ischr() or member.isblk():
        problems.append(f"{member.name}: a device")
    if member.uid == 1234 and "/" + member.name.strip("./") not in writable and not member.name.startswith(".thresh/seed"):
        problems.append(f"{member.name}: belongs to the application")
tap.point("no set-id bit, nothing writable by others, no shell, no device", "; ".join(problems[:10]) or None)


# --- thresh run ---

class Running:
    """`thresh run` of a server, asked at its published port."""

    def __init__(self, *options, stdout=subprocess.PIPE):
        self.port = free_port()
        self.process = start("run", "-p", f"{self.port}:8080", *options, SEALED, stdout=stdout, stderr=open("run.log", "wb"))

    def get(self, path):
        end = time.monotonic() + PATIENCE
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=PATIENCE) as answer:
                    return answer.read().decode()
            except OSError as problem:
                if self.process.poll() is not None:
                    return f"ended: {open('run.log', encoding='utf-8').read()}"
                if time.monotonic() > end:
                    return f"no answer: {problem}"
                time.sleep(0.1)

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        try:
            out, _ = self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return "hangs", ""
        return self.process.returncode, (out or b"").decode()


os.mkdir("volume")
running = Running("-v", f"{os.getcwd()}/volume:/data", "-e", "GIVEN=value")
text = running.get("/restrictions")
try:
    inside = json.loads(text)
except ValueError:
    inside = {"not JSON": text}
expected = {"uid": 1234, "gid": 1234, "capabilities": [0] * 5, "no_new_privileges": "1", "seccomp": "2", "root": "ro",
            "write /data": "ALLOWED", "environment": "value"}
for name, want in expected.items():
    tap.point(f"inside: {name}", None if inside.get(name) == want else f"{inside.get(name, inside)}, want {want}")
for name in ("write /srv", "write /etc", "exec /tmp"):
    tap.point(f"inside: {name} is refused", None if inside.get(name, "ALLOWED") != "ALLOWED" else str(inside))
tap.point("a page", None if running.get("/") == "shipped" else running.get("/"))
ended, out = running.stop()
tap.point("SIGTERM ends it", None if ended in (0, 143) else f"exit status {ended}")
tap.point("the log is its standard output", None if out == "visited\n" else repr(out))
found = sorted(name for name in os.listdir("volume") if not name.startswith(".thresh"))
tap.point("an empty volume is filled", None if {"shipped", "sub", "visits"} <= set(found) else str(found))

with open("volume/shipped", "w", encoding="ascii") as stream:
    stream.write("changed")
shutil.rmtree("volume/sub")
running = Running("-v", f"{os.getcwd()}/volume:/data")
tap.point("what was changed stays", None if (text := running.get("/")) == "changed" else text)
tap.point("what was removed stays away", None if "sub" not in (text := running.get("/data")) else text)
ended, _ = running.stop(signal.SIGINT)
tap.point("SIGINT ends it", None if ended in (0, 1, 130) else f"exit status {ended}")

done = thresh("run", SEALED, "report")
tap.point("arguments follow the entrypoint, and the exit status is the application's",
          None if done.status == 7 and '"arguments": ["report"]' in done.out else done.log)
piped = subprocess.run([THRESH, "run", SEALED, "report", "stdin"], input=b"from outside",
                       stdout=subprocess.PIPE, env=environment(), check=False)
tap.point("standard input passes through", None if piped.stdout == b"FROM OUTSIDE" else repr(piped))

# --- logs on every kind of standard output ---

def logged(kind):
    """What arrives there of the log, which is a link to /dev/stdout."""
    with open("stdout", "w+b") as plain:
        fds = {"pipe": os.pipe, "terminal": pty.openpty, "file": lambda: (plain.fileno(), os.dup(plain.fileno())),
               "socket": lambda: tuple(end.detach() for end in socket.socketpair()),
               "/dev/null": lambda: (plain.fileno(), os.open("/dev/null", os.O_WRONLY))}[kind]()
        running = Running(stdout=fds[1])
        page = running.get("/")
        ended, _ = running.stop()
        os.close(fds[1])
        if page != "shipped" or ended not in (0, 143):
            return f"{page!r}, exit status {ended}"
        if kind == "file":
            os.lseek(fds[0], 0, os.SEEK_SET)
        return os.read(fds[0], 100).strip().decode()


for kind in ("pipe", "file", "terminal", "socket", "/dev/null"):
    found = logged(kind)
    tap.point(f"a log where standard output is a {kind}", None if found == ("" if kind == "/dev/null" else "visited") else found)

# --- podman's words ---
text = " ".join(words)
problems = [want for want in ("--user 1234:1234", "--read-only", "--read-only-tmpfs=false", "--cap-drop", "no-new-privileges")
            if want not in text]
for before, word in zip(words, words[1:]):
    if before == "--tmpfs" and ("notmpcopyup" not in word or not {"U", "uid=1234"} & set(word.split(":", 1)[1].split(","))):
        problems.append(word)
if words[-1].split("@")[0].split(":")[0] != "localhost/store":
    problems.append(f"the last word is {words[-1]}")
tap.point("podman: user, read-only, every tmpfs without copy-up and with an owner, the image last", "; ".join(problems) or None)
tap.point("--network host warns", None if "warning" in thresh("manifest", SEALED, "--target", "podman", "--network", "host",
                                                              ).err.lower() else "nothing is said")
tap.end()
