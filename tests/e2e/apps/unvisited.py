# Every route but / is never visited while traced.
import asyncio
import concurrent.futures
import http.server
import multiprocessing
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import zlib


def replace():
    with tempfile.TemporaryDirectory() as directory:
        one, two = os.path.join(directory, "one"), os.path.join(directory, "two")
        with open(one, "w") as stream:
            stream.write("text")
        os.replace(one, two)
        os.link(two, one)
        os.symlink("two", one + "-link")
        os.truncate(two, 2)
        os.utime(two, (1, 1))
        os.chmod(two, 0o600)
        return open(one + "-link").read()


def pair():
    left, right = socket.socketpair()
    left.send(b"pair")
    poller = select.epoll()
    poller.register(right, select.EPOLLIN)
    poller.poll(1)
    return right.recv(10).decode()


def child():
    return subprocess.run([sys.executable, "-c", "print('child')"], stdout=subprocess.PIPE, check=True).stdout.decode()


def thread():
    found = []
    one = threading.Thread(target=lambda: found.append("thread"))
    one.start()
    one.join()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return found[0] + str(sum(pool.map(abs, range(10))))


def double(number):
    return number * 2


def process():
    with multiprocessing.Pool(2) as pool:
        numbers = pool.map(double, [1, 2])
    queue = multiprocessing.Queue()
    worker = multiprocessing.Process(target=queue.put, args=("queue",))
    worker.start()
    text = queue.get()
    worker.join()
    return f"{numbers} {text}"


def loop():
    async def main():
        async def answer(reader, writer):
            writer.write(await reader.readline())
            await writer.drain()
            writer.close()
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"loop\n")
        text = (await reader.readline()).decode().strip()
        writer.close()
        server.close()
        made = await asyncio.create_subprocess_exec(sys.executable, "-c", "print('sub')", stdout=subprocess.PIPE)
        out, _ = await made.communicate()
        return text + out.decode()
    return asyncio.run(main())


def files():
    directory = tempfile.mkdtemp()
    with tempfile.TemporaryFile() as stream:
        stream.write(b"x" * 100000)
        stream.flush()
        os.fsync(stream.fileno())
    source = os.path.join(directory, "source")
    with open(source, "wb") as stream:
        stream.write(zlib.compress(b"files" * 1000))
        os.posix_fallocate(stream.fileno(), 0, 8192)
    shutil.copytree(directory, directory + "-copy")
    usage = shutil.disk_usage(directory)
    shutil.rmtree(directory)
    os.makedirs("/tmp/a/b/c", exist_ok=True)
    return "files" if usage.total else ""


def local():
    path = "/tmp/unix.sock"
    if os.path.exists(path):
        os.unlink(path)
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen()
    client = socket.socket(socket.AF_UNIX)
    client.connect(path)
    one, _ = server.accept()
    one.sendall(b"local")
    return client.recv(5).decode() + str(len(socket.getaddrinfo("localhost", 80)) > 0)


def signals():
    import signal
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)
    signal.sigtimedwait([signal.SIGUSR1], 1)
    pid = os.fork()
    if pid == 0:
        os._exit(7)
    return str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def spill():
    with open("/tmp/spill", "wb") as stream:
        for _ in range(100):
            stream.write(b"x" * (1 << 20))
        stream.flush()
    os.unlink("/tmp/spill")
    return "spilt"


ROUTES = {"/replace": replace, "/pair": pair, "/child": child, "/thread": thread, "/process": process, "/loop": loop,
          "/files": files, "/local": local, "/signals": signals, "/spill": spill}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            text, status = (ROUTES[self.path]() if self.path in ROUTES else "hello"), 200
        except Exception as problem:
            text, status = repr(problem), 500
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("0.0.0.0", 8080), Handler).serve_forever()
