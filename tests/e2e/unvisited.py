#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# timeout: 400
"""Routes that were never visited while tracing work in `balanced`: what they call belongs to the families of what was
seen, or to the language's runtime. Judged by podman with the words that `thresh manifest` prints."""
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from derive import derive  # noqa: E402
from support import TOP, Tap, scratch, thresh  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = ["replace", "pair", "child", "thread", "process", "loop", "files", "local", "signals"]
NODE = ["exec", "fork", "worker", "watch", "lookup", "crypto", "zlib", "http2", "streams", "unix", "system"]
tap = Tap()
os.chdir(scratch("unvisited"))


def judge(name, routes):
    """Runs it under podman and asks every route."""
    done = thresh("manifest", f"oci:{name}-sealed:latest", "--target", "podman", "--format", "json", "--image", f"localhost/{name}:1")
    words = json.loads(done.out)
    with open(f"{name}.json", "w", encoding="utf-8") as stream:
        json.dump([*words[:2], "--network", "none", *words[2:]], stream)  # no route needs one, and the bridge is the whole machine's
    script = f". {TOP}/tests/judges/wait.sh\nwait_until answers_http 8080\n"
    for route in routes:
        script += f"printf '%s: ' {route}; inside curl -sS -m 300 -w ' %{{http_code}}\\n' http://127.0.0.1:8080/{route} | tr '\\n' ' '; echo\n"
    judged = subprocess.run([f"{TOP}/tests/judges/podman-run.sh", f"oci:{name}-sealed:latest", f"{name}.json", "bash", "-c", script],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            errors="replace", check=False)
    if judged.returncode == 77:
        print(judged.stdout)
        sys.exit(77)
    lines = judged.stdout.splitlines()
    for route in routes:
        answer = next((line for line in lines if line.startswith(f"{route}: ")), "no answer")
        tap.point(f"{name}: /{route}", None if answer.rstrip().endswith(" 200") else answer, judged.stdout)


def check(name, base, program, command, routes):
    with open(os.path.join(HERE, "apps", program), "rb") as stream:
        derive(base, name, {f"/srv/{program}": stream.read()}, Cmd=command, Entrypoint=None, WorkingDir="/srv",
               ExposedPorts={"8080/tcp": {}}, User="")
    done = thresh("harden", f"oci:{name}", f"oci:{name}-sealed:latest", "--probe", "http://:8080/")
    if tap.point(f"{name}: driven by / alone", done.problem(0), done.log):
        judge(name, routes)


check("python", "flask", "unvisited.py", ["python3", "/srv/unvisited.py"], PYTHON)
check("node", "node", "unvisited.js", ["node", "/srv/unvisited.js"], NODE)
tap.end()
