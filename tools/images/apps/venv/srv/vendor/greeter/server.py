# SPDX-License-Identifier: Apache-2.0
"""A server whose plugins are found by listing a directory, and whose version comes from package metadata."""
import argparse
import importlib
import pkgutil
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources


def plugins():
    from greeter import plugins as package
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
        yield importlib.import_module(f"greeter.plugins.{module.name}")


def lazy():
    import decimal
    import xml.dom.minidom
    return xml.dom.minidom.parseString("<a/>").toxml() + str(decimal.Decimal("1.1")) + "\n"


def version():
    from importlib.metadata import version as version_of
    return version_of("greeter") + "\n"


def write():
    with open("/var/tmp/greeter.txt", "a", encoding="ascii") as file:
        file.write("x\n")
    return "written\n"


ROUTES = {
    "/": lambda: "hello from a virtual environment\n",
    "/plugins": lambda: "".join(p.greet() + "\n" for p in plugins()),
    "/data": lambda: resources.files("greeter").joinpath("data.txt").read_text(encoding="utf-8"),
    "/lazy": lazy,
    "/version": version,
    "/write": write,
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        route = ROUTES.get(self.path)
        body = route().encode() if route else b"nothing here\n"
        self.send_response(200 if route else 404)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def main(arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8080)
    port = parser.parse_args(arguments).port
    with ThreadingHTTPServer(("0.0.0.0", port), Handler) as server:
        print(f"listening on {port}", flush=True)
        server.serve_forever()
