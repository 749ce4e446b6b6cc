# SPDX-License-Identifier: Apache-2.0
"""What hardened images of others lost, one route each. GET / visits none of them; what happens at the start does happen."""
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HERE = os.path.dirname(os.path.abspath(__file__))
STATE = "/var/lib/traps"
LOG = "/var/log/traps/traps.log"


def here(name):
    return os.path.join(HERE, name)


def log(text):
    with open(LOG, "a", encoding="ascii") as file:
        file.write(text + "\n")


def start():
    """Renames and deletes what it was shipped with, insists on directories, and starts its helpers."""
    if os.path.exists(here("config.default")):
        os.rename(here("config.default"), here("config.json"))
    if os.path.exists(here("once.txt")):
        os.unlink(here("once.txt"))
    if not os.path.exists(here("marker")) or os.stat("/usr/share/common-licenses/Apache-2.0").st_size == 0:
        sys.exit("what was only looked at is gone")
    if not os.path.isdir(STATE) or not os.access(STATE, os.W_OK):
        sys.exit(f"{STATE}: not a directory that can be written")
    subprocess.run(["/usr/local/bin/trap", "daemon", "8081"], check=True)
    subprocess.Popen(["/usr/local/bin/lowport", "serve", "81"])
    subprocess.run(["/usr/local/bin/compat32"], check=True, stdout=subprocess.DEVNULL)
    log("started")


def ask(port):
    for _ in range(600):
        try:
            with socket.create_connection(("127.0.0.1", port), 5) as client:
                return client.recv(100).decode()
        except ConnectionRefusedError:
            time.sleep(0.1)
    return f"nobody on {port}\n"


def run(*words):
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout


def config():
    with open(here("config.json"), encoding="ascii") as file:
        return json.load(file)["greeting"] + "\n"


def save():
    with open(os.path.join(STATE, "saved.txt"), "w", encoding="ascii") as file:
        file.write("saved\n")
    with open(os.path.join(STATE, "saved.txt"), encoding="ascii") as file:
        return file.read()


def beside():
    """Writes beside its code."""
    with open(here("visits.txt"), "a", encoding="ascii") as file:
        file.write("x")
    return f"visits {os.path.getsize(here('visits.txt'))}\n"


def seed():
    with open("/data/seed.txt", encoding="ascii") as file:
        text = file.read()
    with open("/data/more.txt", "a", encoding="ascii") as file:
        file.write("x")
    return text


def unseed():
    os.unlink("/data/seed.txt")
    return kept()


def kept():
    return "kept: " + ",".join(sorted(name for name in os.listdir("/data") if name[0] != ".")) + "\n"


def plugins():
    import ctypes
    names = []
    for name in sorted(os.listdir("/opt/traps/plugins")):
        library = ctypes.CDLL(os.path.join("/opt/traps/plugins", name))
        library.plugin_name.restype = ctypes.c_char_p
        names.append(library.plugin_name().decode())
    return ",".join(names) + "\n"


def entry_points():
    from importlib.metadata import entry_points as find
    return ",".join(sorted(point.load()() for point in find(group="traps.kinds"))) + "\n"


def old_entry_points():
    import pkg_resources
    return ",".join(sorted(p.load()() for p in pkg_resources.iter_entry_points("traps.kinds"))) + "\n"


def computed():
    return importlib.import_module("modules.kind_" + "abc"[0]).TEXT + "\n"


def tls():
    import ssl
    roots = len(ssl.create_default_context().get_ca_certs())
    return f"tls {'enough' if roots > 50 else roots}\n"


def zones():
    import zoneinfo
    from datetime import datetime
    tokyo = datetime(2024, 7, 1, tzinfo=zoneinfo.ZoneInfo("Asia/Tokyo")).utcoffset()
    return f"{time.tzname[0]} {tokyo} {len(zoneinfo.available_timezones()) > 300}\n"


def encodings():
    import locale
    locale.setlocale(locale.LC_ALL, "")
    return f"{locale.nl_langinfo(locale.CODESET)} " + "\N{EURO SIGN}".encode("cp1252").hex() + "\n"


def user():
    import pwd
    return f"{pwd.getpwuid(os.getuid()).pw_name} {os.path.expanduser('~')}\n"


ROUTES = {
    "/": lambda: "hello from the traps\n",
    "/config": config,
    "/save": save,
    "/beside": beside,
    "/seed": seed,
    "/unseed": unseed,
    "/kept": kept,
    "/plugins": plugins,
    "/entry-points": entry_points,
    "/old-entry-points": old_entry_points,
    "/computed": computed,
    "/tls": tls,
    "/zones": zones,
    "/encodings": encodings,
    "/user": user,
    "/fast": lambda: run("/usr/local/bin/trap", "fast"),
    "/compat": lambda: run("/usr/local/bin/compat32"),
    "/daemon": lambda: ask(8081),
    "/lowport": lambda: ask(81),
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        route, status = ROUTES.get(self.path), 200
        try:
            body = route() if route else "nothing here\n"
        except Exception as problem:  # what a user would see
            body, status = f"{type(problem).__name__}: {problem}\n", 500
        log(self.path)
        self.send_response(status if route else 404)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *arguments):
        pass


signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
start()
print("listening on 8080", flush=True)
ThreadingHTTPServer(("0.0.0.0", 8080), Handler).serve_forever()
