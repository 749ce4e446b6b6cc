# SPDX-License-Identifier: Apache-2.0
"""An application that gives command lines to a shell, as applications do; port 8080."""
import ctypes
import os
import subprocess
import tempfile
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


def shell(line):
    done = subprocess.run(line, shell=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def temporary():
    """A path that is another one each time."""
    with tempfile.NamedTemporaryFile(prefix="job-", suffix=".txt") as stream:
        stream.write(b"12345")
        stream.flush()
        return shell(f"wc -c {stream.name}")[1].split()[0]


def number():
    """A number that is another one each time, inside a word and as one."""
    now = time.time_ns()
    done = shell(f"printf '%s-%s' n{now}x {now}")
    return "right" if done[1] == f"n{now}x-{now}" else repr(done)


def libc():
    """popen(3)."""
    library = ctypes.CDLL(None)
    library.popen.restype = ctypes.c_void_p
    stream = ctypes.c_void_p(library.popen(b"basename /e/libc", b"r"))
    buffer = ctypes.create_string_buffer(100)
    library.fgets(buffer, 100, stream)
    return f"{buffer.value.decode()}{library.pclose(stream)}"


def erlang(line):
    """os:cmd/1 of Erlang, byte by byte (lib/kernel/src/os.erl, mk_cmd): the shell's input stays open."""
    with subprocess.Popen(["/bin/sh", "-s", "unix:cmd"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as shell_:
        shell_.stdin.write(b"(" + line.encode() + b"\n) </dev/null; echo \"\x04\"\n")
        shell_.stdin.flush()
        answer = b""
        while b"\x04" not in answer:
            more = os.read(shell_.stdout.fileno(), 4096)
            if not more:
                return f"ended: {answer!r}"
            answer += more
        return answer.decode()


ROUTES = {
    "/": lambda _: "ready",
    "/system": lambda _: str(os.system("test -d /tmp")),
    "/popen": lambda _: os.popen("basename /a/b").read(),
    "/quoted": lambda _: os.popen("""printf '%s|' 'a b;c|d' "e \\$f" g\\ h""").read(),
    "/environment": lambda _: shell("TZ=UTC LC_ALL=C exec date -d @0 +%Y-%m-%d")[1],
    "/bash": lambda _: subprocess.run(["/bin/bash", "-ec", "basename /c/d"], stdout=subprocess.PIPE, check=False).stdout.decode(),
    "/quiet": lambda _: repr(shell("exec \"/usr/bin/basename\" /q/r < \"/dev/null\" 2>/dev/null")),
    "/merged": lambda _: repr(shell("cat /absent/x 2>&1 </dev/null")),
    "/dropped": lambda _: repr(shell("basename /q/s > /dev/null 2>&1")),
    "/absent": lambda _: str(shell("no-such-program 1")[0]),
    "/libc": lambda _: libc(),
    "/erlang": lambda query: erlang(query.get("line", ["basename /f/erlang"])[0]),
    "/temporary": lambda _: temporary(),
    "/number": lambda _: number(),
    # not driven in the trace
    "/line": lambda query: repr(shell(query["line"][0])),
    "/words": lambda query: repr(subprocess.run(query["word"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)),
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        parts = urlsplit(self.path)
        body = ROUTES[parts.path](parse_qs(parts.query, keep_blank_values=True)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("", 8080), Handler).serve_forever()
