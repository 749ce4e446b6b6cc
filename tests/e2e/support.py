# SPDX-License-Identifier: Apache-2.0
"""What the tests of bad input share: images made here, byte by byte where they must be wrong, and TAP.

    from support import Tap, layout, tar, file, thresh
    layout("bad", [tar(file("app", program(), 0o755))], config=CONFIG)
    done = thresh("harden", "oci:bad", "oci:out")

make-image (tools/images) makes whole images of packages; it cannot make one that is broken.
"""
import atexit
import ctypes
import glob
import gzip
import hashlib
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time

TOP = os.environ.get("TOP") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUILD") or os.path.join(TOP, "build")
THRESH = os.environ.get("THRESH") or os.path.join(BUILD, "src/cli/thresh")
TMPDIR = os.environ.get("TMPDIR") or "/var/tmp"
EPOCH = 1700000000
PATIENCE = 600  # seconds until something is said to hang: no judge of speed, machines are slow
VENDOR = "application/vnd.oci.image"
MACHINE = {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
CONFIG = {"Entrypoint": ["/app"], "Cmd": ["serve"], "ExposedPorts": {"8080/tcp": {}}}


class Tap:
    def __init__(self):
        self.count, self.failed = 0, 0

    def point(self, name, problem=None, log=""):
        """One test: @problem is None, or says what is wrong."""
        self.count += 1
        if problem is None:
            print(f"ok {self.count} - {name}", flush=True)
            return True
        self.failed += 1
        print(f"not ok {self.count} - {name}\n# {problem}")
        for line in str(log).splitlines()[-20:]:
            print(f"# | {line}")
        sys.stdout.flush()
        return False

    def end(self):
        print(f"1..{self.count}", flush=True)
        sys.exit(1 if self.failed else 0)


# --- layers ---

def file(name, content=b"", mode=0o644, **more):
    info = tarfile.TarInfo(name)
    info.mode, info.mtime, info.size = mode, EPOCH, len(content)
    for key, value in more.items():
        setattr(info, key, value)
    return info, content


def entry(name, kind, mode=0o755, **more):
    info, content = file(name, b"", mode, **more)
    info.type = kind
    return info, content


def symlink(name, target):
    return entry(name, tarfile.SYMTYPE, linkname=target)


def hard_link(name, target):
    return entry(name, tarfile.LNKTYPE, linkname=target)


def tar(*entries, form=tarfile.PAX_FORMAT):
    """The bytes of a layer; an entry may be raw bytes."""
    out = io.BytesIO()
    for one in entries:
        if isinstance(one, bytes):
            out.write(one)
            continue
        info, content = one
        out.write(info.tobuf(form, "utf-8", "surrogateescape"))
        out.write(content + bytes(-len(content) % 512))
    out.write(bytes(1024))
    return out.getvalue()


def base(*more, program_mode=0o755):
    """A layer with the test's program as /app, and what an image needs beside it."""
    with open(program(), "rb") as stream:
        content = stream.read()
    return tar(entry("tmp", tarfile.DIRTYPE, 0o1777), entry("etc", tarfile.DIRTYPE),
               file("app", content, program_mode), *more)


# --- layouts ---

def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def put(directory, data, name=None):
    path = os.path.join(directory, "blobs", "sha256", (name or digest(data))[len("sha256:"):])
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as stream:
        stream.write(data)


def layout(directory, layers, config=None, change=None, architecture=MACHINE, media="tar+gzip"):
    """Writes DIRECTORY as an OCI layout, tag latest. @change(documents) may spoil the dictionary of config, manifest and
    index before they are written."""
    blobs = []
    for layer in layers:
        packed = gzip.compress(layer, 1, mtime=0) if media == "tar+gzip" else layer
        put(directory, packed)
        blobs.append((packed, layer))
    documents = {
        "config": {"architecture": architecture, "os": "linux", "created": "2023-11-14T22:13:20Z",
                   "config": dict(config or CONFIG),
                   "rootfs": {"type": "layers", "diff_ids": [digest(plain) for _, plain in blobs]}},
        "manifest": {"schemaVersion": 2, "mediaType": f"{VENDOR}.manifest.v1+json",
                     "layers": [{"mediaType": f"{VENDOR}.layer.v1.{media}", "digest": digest(packed), "size": len(packed)}
                                for packed, _ in blobs]},
        "index": {"schemaVersion": 2, "mediaType": f"{VENDOR}.index.v1+json"},
        "layout": {"imageLayoutVersion": "1.0.0"},
    }
    if change:
        change(documents)
    data = json.dumps(documents["config"]).encode()
    put(directory, data)
    documents["manifest"].setdefault("config", {"mediaType": f"{VENDOR}.config.v1+json", "digest": digest(data),
                                                "size": len(data)})
    data = json.dumps(documents["manifest"]).encode()
    put(directory, data)
    documents["index"].setdefault("manifests", [
        {"mediaType": documents["manifest"]["mediaType"], "digest": digest(data), "size": len(data),
         "platform": {"architecture": architecture, "os": "linux"},
         "annotations": {"org.opencontainers.image.ref.name": "latest"}}])
    for name, key in (("index.json", "index"), ("oci-layout", "layout")):
        with open(os.path.join(directory, name), "w", encoding="utf-8") as stream:
            json.dump(documents[key], stream)
    return directory


def index(directory):
    with open(os.path.join(directory, "index.json"), encoding="utf-8") as stream:
        return json.load(stream)


def write_index(directory, value):
    with open(os.path.join(directory, "index.json"), "w", encoding="utf-8") as stream:
        json.dump(value, stream)


def manifest_of(directory):
    return json.loads(blob(directory, index(directory)["manifests"][0]["digest"]))


def put_json(directory, value):
    """What a descriptor says of the document: digest and size."""
    data = json.dumps(value).encode()
    put(directory, data)
    return {"digest": digest(data), "size": len(data)}


def with_image(directory, to, change):
    """A copy of a layout whose image is changed by @change(to, manifest, config): all fits again, and what referred to the image does."""
    shutil.copytree(directory, to)
    document, manifest = index(to), manifest_of(to)
    config = json.loads(blob(to, manifest["config"]["digest"]))
    change(to, manifest, config)
    manifest["config"].update(put_json(to, config))
    subject = {"mediaType": manifest["mediaType"], **put_json(to, manifest)}
    document["manifests"][0].update(subject)
    for entry_ in document["manifests"][1:]:
        entry_.update(put_json(to, dict(json.loads(blob(to, entry_["digest"])), subject=subject)))
    write_index(to, document)
    return to


def blob_path(directory, name):
    return os.path.join(directory, "blobs", "sha256", name.split(":")[1])


def blob(directory, name):
    with open(blob_path(directory, name), "rb") as stream:
        return stream.read()


def snapshot(directory):
    """What lies below a directory: path → digest, or link target."""
    found = {}
    for root, directories, names in os.walk(directory):
        for name in names + [d for d in directories if os.path.islink(os.path.join(root, d))]:
            path = os.path.join(root, name)
            if os.path.islink(path):
                found[path] = os.readlink(path)
            else:
                with open(path, "rb") as stream:
                    found[path] = hashlib.sha256(stream.read()).hexdigest()
    return found


def parents_of(path):
    while path != "/":
        path = os.path.dirname(path)
        yield path


def merged(layout):
    """The layers of a layout, merged: path → (kind, digest of content or target, content)."""
    files, above = {}, set()
    for layer in manifest_of(layout)["layers"]:
        with tarfile.open(blob_path(layout, layer["digest"])) as archive:
            for member in archive:
                path = "/" + member.name.removeprefix("./").rstrip("/")
                directory, name = os.path.split(path)
                if name == ".wh..wh..opq":
                    files = {p: f for p, f in files.items() if not p.startswith(directory + "/")}
                    continue
                if name.startswith(".wh."):
                    gone = os.path.join(directory, name[4:])
                    files = {p: f for p, f in files.items() if p != gone and not p.startswith(gone + "/")}
                    continue
                above.update(parents_of(path))
                if member.isdir():
                    files.pop(path, None)
                    continue
                if path in above:  # what was a directory is none
                    files = {p: f for p, f in files.items() if not p.startswith(path + "/")}
                if member.issym():
                    files[path] = ("link", hashlib.sha256(os.fsencode(member.linkname)).hexdigest(), b"")
                elif member.islnk():
                    files[path] = files["/" + member.linkname.removeprefix("./")]
                elif member.isfile():
                    content = archive.extractfile(member).read()
                    files[path] = ("file", hashlib.sha256(content).hexdigest(), content)
                else:
                    files[path] = ("special", hashlib.sha256(b"").hexdigest(), b"")
    return files


# --- programs ---

_program = []


def program():
    """tests/e2e/misbehave.c, built once a script."""
    if not _program:
        output = os.path.join(TMPDIR, "misbehave")
        subprocess.run([os.path.join(TOP, "tools/musl-cc.sh"), output, output + ".d", output + ".w",
                        os.path.join(TOP, "tests/e2e/misbehave.c")], check=True, stdout=sys.stderr)
        _program.append(output)
    return _program[0]


def scratch(name):
    """A directory of this script, made anew."""
    path = os.path.join(TMPDIR, name)
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    return path


def cache():
    path = os.path.join(TMPDIR, "thresh-cache")
    if not os.path.isdir(path):
        os.mkdir(path, 0o700)
    return path


def environment(**more):
    env = {k: v for k, v in os.environ.items() if k != "SOURCE_DATE_EPOCH"}
    env.update(THRESH_CACHE=cache(), CI="1")
    env.update({k: str(v) for k, v in more.items()})
    return env


class Done:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err
        self.log = f"exit status {status}\n{out}\n{err}"

    def problem(self, status, *texts):
        """None where it ended with @status, and its error names each of @texts (all compared without case)."""
        if self.status != status:
            return f"exit status {self.status}, want {status}"
        for text in texts:
            if text.lower() not in self.err.lower():
                return f"the error does not say \"{text}\""
        if status in (3, 4, 5, 6, 7) and not any(line.startswith("thresh: ") for line in self.err.splitlines()):
            return "no error was printed"
        if "AddressSanitizer" in self.err or "runtime error:" in self.err:
            return "a sanitizer complained"
        return None


def start(*arguments, env=None, **more):
    return subprocess.Popen([THRESH, *arguments], env=env or environment(), stdin=subprocess.DEVNULL,
                            stdout=more.pop("stdout", subprocess.PIPE), stderr=more.pop("stderr", subprocess.PIPE),
                            **more)


def finish(process, timeout=PATIENCE):
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate()
        return Done("none: it hung", out.decode(errors="replace"), err.decode(errors="replace"))
    return Done(process.returncode, (out or b"").decode(errors="replace"), (err or b"").decode(errors="replace"))


def thresh(*arguments, env=None, timeout=PATIENCE, **more):
    return finish(start(*arguments, env=env, **more), timeout)


def until(condition, pause=0.02):
    """Whether it holds before patience is over."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(pause)
    return False


# --- ports ---

_held = []


def free_port(count=1):
    """A port of 127.0.0.1 (the first of @count in a row) for a server that this script starts, and for nobody else: it stays bound
    here, without a listener, which a server that sets SO_REUSEADDR, as servers do, does not mind."""
    while True:
        held = []
        try:
            for number in range(count):
                one = socket.socket()
                held.append(one)
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                one.bind(("127.0.0.1", held[0].getsockname()[1] + number if number else 0))
        except (OSError, OverflowError):
            for one in held:
                one.close()
            continue
        _held.extend(held)
        return held[0].getsockname()[1]


def await_port(port, process):
    """Until somebody listens there; answers None, or what is wrong: @process has ended, or it takes too long."""
    def listens():
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", port)) == 0
    until(lambda: process.poll() is not None or listens())
    return None if listens() else f"port {port}: nobody listens; the server has {'ended' if process.poll() is not None else 'not begun'}"


# --- what may be left behind ---

def leftovers(*directories):
    """Temporary names of thresh below the directories."""
    found = []
    for directory in directories:
        found += glob.glob(os.path.join(directory, ".thresh-*")) + glob.glob(os.path.join(directory, "candidate-*"))
    return found


def processes(word):
    """Processes whose command line or program names @word: pid → command line."""
    found = {}
    for path in glob.glob("/proc/[0-9]*"):
        try:
            with open(path + "/cmdline", "rb") as stream:
                line = stream.read().replace(b"\0", b" ").decode(errors="replace")
            program_ = os.readlink(path + "/exe")
        except OSError:
            continue
        if int(path[6:]) != os.getpid() and (word in line or word in program_):
            found[int(path[6:])] = line
    return found


def executing(pid, program):
    """Processes below @pid that execute @program (the end of its path)."""
    found = []
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as stream:
            below = [int(word) for word in stream.read().split()]
        if os.readlink(f"/proc/{pid}/exe").endswith(program):
            found.append(pid)
    except OSError:
        return []  # it has ended
    return found + [one for child in below for one in executing(child, program)]


def state(pid):
    """R, S …, or nothing where it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stream:
            return stream.read().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def adopt_orphans():
    """From now on, what a child leaves behind becomes this process's: so nothing of another test is taken for it."""
    pr_set_child_subreaper = 36
    if ctypes.CDLL(None, use_errno=True).prctl(pr_set_child_subreaper, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "PR_SET_CHILD_SUBREAPER")


def orphans():
    """What children that have ended left running, with adopt_orphans(): pid → command line. The dead ones are reaped."""
    found = {}
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as stream:
        children = [int(word) for word in stream.read().split()]
    for pid in children:
        if os.waitpid(pid, os.WNOHANG)[0] == 0:
            with open(f"/proc/{pid}/cmdline", "rb") as stream:
                found[pid] = stream.read().replace(b"\0", b" ").decode(errors="replace")
    return found


@atexit.register
def _clean():
    for name in ("misbehave.w", "thresh-cache"):
        path = os.path.join(TMPDIR, name)
        subprocess.run(["chmod", "-R", "u+rwX", path], stderr=subprocess.DEVNULL, check=False)
        shutil.rmtree(path, ignore_errors=True)
