#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The applets of thresh-init: health, wait-for and sleep, and servers that mean harm."""
import http.server
import os
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.environ["TOP"], "tests", "init"))
from harness import BIN, TMPDIR, Tap, ends, kill, names_make, namespaces, run, signal, start, first_process, waits  # noqa: E402

tap = Tap()
IT = f"{BIN}/thresh-init"
SOME_TIME = ["--timeout", "100"]  # a busy machine may need more than the default, five seconds


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        status = {"/": 200, "/moved": 302, "/none": 404, "/ill": 503, "/made": 201}.get(self.path.partition("?")[0], 200)
        body = (self.headers.get("X-Token", "") + " " + "x" * 40000 + "needle" + "y" * 1000).encode()
        if self.path == "/host":
            body = self.headers["Host"].encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def serve(behaviour):
    """A server of one's own: each connection is given to @behaviour."""
    listener = socket.create_server(("127.0.0.1", 0))

    def loop():
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=behaviour, args=(connection,), daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()
    return listener.getsockname()[1]


def drip(connection):
    try:
        for byte in b"HTTP/1.1 200 OK\r\n" + b"x" * 100000:
            connection.send(bytes([byte]))
            time.sleep(0.05)
    except OSError:
        pass


def flood(connection):
    try:
        connection.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.send(b"z" * 65536)
    except OSError:
        pass


def answer(data):
    def behaviour(connection):
        try:
            connection.recv(1000)
            connection.send(data)
        finally:
            connection.close()
    return behaviour


def statuses(port):
    url = f"http://127.0.0.1:{port}"
    for words, want in (
            (["/"], 0), (["/made"], 0), (["/moved"], 0), (["/none"], 1), (["/ill"], 1), (["/none", "--status", "404"], 0),
            (["/", "--status=201-299"], 1), (["/", "--contains", "needle"], 0), (["/", "--contains", "haystack"], 1),
            (["/", "--contains", "secret", "--header", "X-Token: secret"], 0), (["/host", "--contains", "127.0.0.1"], 0),
            (["?a=b"], 125), (["/a b"], 125), (["/", "--header", "bad"], 125), (["/", "--header", "A: b\r\nC: d"], 125),
            (["/", "--status", "299-200"], 125), (["/", "--timeout", "0"], 125), (["/", "--yolo"], 125), (["/", "more"], 125)):
        done = run([IT, "health", "http", url + words[0], *words[1:], *(SOME_TIME if want < 100 else [])])
        tap.check(f"health http {' '.join(words)!r}: {want}", done[0] == want, done)


def loopback():
    for what in ("http://example.com/", "http://10.0.0.1/", "http://128.0.0.1/", "http://127.0.0.1.example.com/", "http://127.0.0.1@10.0.0.1/",
                 "http://localhost.example.com/", "http://[::2]/", "https://127.0.0.1/", "http://127.1/", "http://0127.0.0.1/", "http://127.0.0.256/",
                 "http://[::1", "http://127.0.0.1:0/", "http://127.0.0.1:65536/", "http://127.0.0.1:/", "http://", "ftp://127.0.0.1/"):
        done = run([IT, "health", "http", what])
        tap.check(f"health http {what}: refused", done[0] == 125 and "usage:" in done[2], done)
    done = run([IT, "health", "tcp", "10.0.0.1:80"])
    tap.check("health tcp of another host: refused", done[0] == 125 and "usage:" in done[2], done)


def hostile():
    for name, behaviour, words, want in (
            ("says nothing", lambda c: time.sleep(3600), [], 1), ("drips", drip, ["--contains", "n"], 1),
            ("floods", flood, ["--contains", "needle"], 1), ("is no HTTP server", answer(b"SSH-2.0-x\r\n\r\n"), [], 1),
            ("ends at once", lambda c: c.close(), [], 1), ("answers half a line", answer(b"HTTP/1.1 20"), [], 1),
            ("has no end of headers", answer(b"HTTP/1.1 200 OK\r\n" + b"a" * 40000), ["--contains", "a"], 1),
            ("has a number that is none", answer(b"HTTP/1.1 2x0 OK\r\n\r\n"), [], 1)):
        # run() waits for much longer than that, and the servers would go on for longer still
        done = run([IT, "health", "http", f"http://127.0.0.1:{serve(behaviour)}/", "--timeout", "1.5", *words])
        tap.check(f"a server that {name}", done[0] == want, done)


def reserve(port=0):
    """A port at which nobody listens, and which nobody else gets while the socket is there."""
    holder = socket.socket()
    holder.bind(("127.0.0.1", port))
    return holder, holder.getsockname()[1]


def reserve_for_six():
    """A port at which ::1 listens, and nobody at 127.0.0.1; or None, where there is no IPv6."""
    while True:
        six = socket.socket(socket.AF_INET6)
        try:
            six.bind(("::1", 0))
            six.listen()
        except OSError:
            return None
        try:
            return six, *reserve(six.getsockname()[1])
        except OSError:
            six.close()  # somebody has it at 127.0.0.1


def waiting():
    listener, port = reserve()
    process = start([IT, "wait-for", "tcp", str(port), "100"])
    time.sleep(0.3)
    early = process.poll()
    listener.listen()
    tap.check("wait-for tcp: until somebody listens", early is None and ends(process) == 0, early)
    holder, port = reserve()
    begin = time.monotonic()
    done = run([IT, "wait-for", "tcp", str(port), "0.5"])
    tap.check("wait-for tcp: not for ever", done[0] == 1 and time.monotonic() - begin >= 0.5, done)
    holder.close()
    listener.close()
    path = f"{TMPDIR}/socket"
    unix = socket.socket(socket.AF_UNIX)
    unix.bind(path)
    statuses_before = run([IT, "health", "socket", path, *SOME_TIME])[0], run([IT, "health", "file", path, *SOME_TIME])[0]
    unix.listen()
    after = run([IT, "health", "socket", path, *SOME_TIME])[0]
    tap.check("health socket, file", statuses_before == (1, 0) and after == 0, (statuses_before, after))
    reserved = reserve_for_six()
    if not reserved:
        tap.skip("localhost is ::1 too", "no IPv6 here")
        return
    port = reserved[2]
    results = [run([IT, "health", "tcp", what, *SOME_TIME])[0] for what in (f"localhost:{port}", f"[::1]:{port}", f"127.0.0.1:{port}")]
    tap.check("localhost is ::1 too", results == [0, 0, 1], results)


def sleeping():
    begin = time.monotonic()
    status = run([IT, "sleep", "0.3"])[0]
    tap.check("sleep of a fraction", status == 0 and time.monotonic() - begin >= 0.3)
    process = start([f"{BIN}/sleep", "infinity"])
    waits(process.pid, f"{BIN}/sleep", signal.SIGTERM)
    kill(process.pid, signal.SIGTERM)
    tap.check("sleep infinity: ends when it is asked to", ends(process) == 143)
    wrong = [w for w in ("", "x", "1x", ".5", "-1", "1.2.3", "99999999999") if run([IT, "sleep", w])[0] != 125]
    tap.check("sleep: what is no time is refused", not wrong, wrong)
    spaces = namespaces()
    if spaces:
        process = start([*spaces, f"{BIN}/sleep", "infinity"])
        first = first_process(process)
        waits(first, f"{BIN}/sleep", signal.SIGTERM)
        kill(first, signal.SIGTERM)
        tap.check("sleep as PID 1 ends too", ends(process) == 143)
        tap.check("as PID 1 `sleep` is the image's own command", run([*spaces, IT, "sleep", "5"])[0] == 125)


def names(port):
    done = run([f"{BIN}/health", "http", f"http://localhost:{port}/", *SOME_TIME]), run([f"{BIN}/wait-for", "tcp", f"localhost:{port}", "100"])
    tap.check("by the name of the program", (done[0][0], done[1][0]) == (0, 0), done)
    done = run([f"{BIN}/health"])
    tap.check("without words: how it is used", done[0] == 125 and "usage:" in done[2], done)


def main():
    names_make()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    statuses(port)
    loopback()
    hostile()
    waiting()
    sleeping()
    names(port)
    tap.end()


main()
