# SPDX-License-Identifier: Apache-2.0
"""Routes that a plain GET of / never visits: lazy imports, a template, plugins by listing, a file that is appended to."""
import importlib
import os
import signal
import sys

from flask import Flask, jsonify, render_template, request

app = Flask(__name__)
HERE = os.path.dirname(os.path.abspath(__file__))


@app.route("/")
def index():
    return "hello from flask, " + request.args.get("who", "world") + "\n"


@app.route("/page")
def page():
    return render_template("page.html", title="page")


@app.route("/report")
def report():
    import csv
    import io
    import sqlite3
    import zoneinfo
    buffer = io.StringIO()
    csv.writer(buffer).writerow([sqlite3.connect(":memory:").execute("select 1").fetchone()[0], len(zoneinfo.TZPATH)])
    return buffer.getvalue()


@app.route("/plugins")
def plugins():
    names = sorted(n[:-3] for n in os.listdir(os.path.join(HERE, "plugins")) if n.endswith(".py") and n != "__init__.py")
    return jsonify([importlib.import_module(f"plugins.{n}").NAME for n in names])


@app.route("/write", methods=["GET", "POST"])
def write():
    with open("/var/tmp/visits.txt", "a", encoding="ascii") as file:
        file.write("x\n")
    return "written\n"


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    app.run(host="0.0.0.0", port=8080)
