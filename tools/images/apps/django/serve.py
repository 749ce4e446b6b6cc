# SPDX-License-Identifier: Apache-2.0
"""Migrates the database as soon as it answers, then serves: a command without a shell."""
import os
import signal
import sys
import time
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import django  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import OperationalError, connection  # noqa: E402


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Handler(WSGIRequestHandler):
    def log_message(self, *arguments):
        pass


def wait_for_database(seconds):
    deadline = time.monotonic() + seconds
    while True:
        try:
            connection.ensure_connection()
            return
        except OperationalError as problem:
            if time.monotonic() > deadline:
                sys.exit(f"database: {problem}")
            time.sleep(0.2)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    django.setup()
    wait_for_database(60)
    call_command("migrate", "--no-input", verbosity=0)
    from django.core.wsgi import get_wsgi_application
    with make_server("0.0.0.0", 8000, get_wsgi_application(), Server, Handler) as server:
        print("listening on 8000", flush=True)
        server.serve_forever()


main()
