# Keeps data in a volume that the image fills, writes beside its code, and logs to a file.
import http.server
import json
import os
import sys
import time

DATA, LOG = "/data", "/var/log/store.log"


def spill():
    with open("/tmp/spill", "wb") as stream:
        for _ in range(100):
            stream.write(b"x" * (1 << 20))
    time.sleep(0.5)  # what is used is looked at every 10 ms, or as soon as there is a processor
    os.unlink("/tmp/spill")
    return "spilt"


def listing(path):
    return json.dumps(sorted(os.listdir(path)))


def denied(action, *arguments):
    try:
        action(*arguments)
    except OSError as problem:
        return problem.strerror
    return "ALLOWED"


def write(path):
    with open(path, "w") as stream:
        stream.write("x")


def restrictions():
    with open("/proc/self/status") as stream:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in stream if ":\t" in line)
    with open("/tmp/copy", "wb") as to, open(sys.executable, "rb") as of:
        to.write(of.read())
    os.chmod("/tmp/copy", 0o755)
    mounts = [line.split() for line in open("/proc/self/mounts")]
    return json.dumps({
        "uid": os.getuid(), "gid": os.getgid(), "groups": os.getgroups(), "home": os.environ.get("HOME"),
        "capabilities": [int(status[name], 16) for name in ("CapPrm", "CapEff", "CapBnd", "CapInh", "CapAmb")],
        "no_new_privileges": status["NoNewPrivs"], "seccomp": status["Seccomp"],
        "root": next(m[3].split(",")[0] for m in mounts if m[1] == "/"),
        "write /srv": denied(write, "/srv/x"), "write /etc": denied(write, "/etc/x"),
        "write /dev/shm": denied(write, "/dev/shm/x"), "write /data": denied(write, "/data/x"),
        "exec /tmp": denied(os.execv, "/tmp/copy", ["copy"]), "unshare": denied(os.setuid, 0),
        "environment": os.environ.get("GIVEN"), "arguments": sys.argv[1:],
    })


def answer(path):
    if path == "/spill":
        return spill()
    if path == "/restrictions":
        return restrictions()
    if path == "/data":
        return listing(DATA)
    with open(os.path.join(DATA, "visits"), "w") as stream:
        stream.write("1")
    with open(LOG, "a") as log:
        log.write("visited\n")
    with open(os.path.join(DATA, "shipped")) as stream:
        return stream.read()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        data = answer(self.path).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


if sys.argv[1:2] == ["report"]:
    sys.stdout.write(sys.stdin.read().upper() if sys.argv[2:] == ["stdin"] else restrictions() + "\n")
    sys.exit(7)
http.server.HTTPServer(("0.0.0.0", 8080), Handler).serve_forever()
