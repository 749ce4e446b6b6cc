#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# timeout: 400
"""HEALTHCHECK without a shell: what curl, wget, nc and test asked becomes an applet of thresh-init, other programs are run
directly and kept; both give the verdict of the original, in the replay and in the manifests."""
import json
import os
import shutil
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from derive import derive  # noqa: E402
from support import Tap, blob, manifest_of, scratch, thresh  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
INIT = ["CMD", "/.thresh/init", "health"]
tap = Tap()
os.chdir(scratch("health"))
with open(os.path.join(HERE, "apps", "health.py"), "rb") as stream:
    FILES = {"/srv/health.py": stream.read()}
# What asks in the original, under the names that it has there; a script is as good as curl, and shorter.
FILES["/usr/bin/wget"] = FILES["/usr/bin/curl"] = (
    b"#!/usr/bin/python3\nimport sys, urllib.request\nurl = next(w for w in sys.argv[1:] if 'localhost' in w)\n"
    b"print(urllib.request.urlopen(url).read().decode())\n", 0o755)


def harden(check, yaml=None, **times):
    for name in ("image", "sealed"):
        shutil.rmtree(name, ignore_errors=True)
    derive("flask", "image", FILES, Cmd=["python3", "/srv/health.py"], Entrypoint=None, ExposedPorts={"8080/tcp": {}},
           WorkingDir="/srv", Healthcheck={"Test": check, **times})
    options = []
    if yaml:
        with open("thresh.yaml", "w", encoding="utf-8") as stream:
            stream.write(yaml)
        options = ["--config", "thresh.yaml"]
    return thresh("harden", "oci:image", "oci:sealed", *options)


def sealed_check():
    config = json.loads(blob("sealed", manifest_of("sealed")["config"]["digest"]))["config"]
    return config.get("Healthcheck")


def becomes(name, check, want, **times):
    done = harden(check, **times)
    problem = done.problem(0)
    if not problem and sealed_check() != {"Test": want, **times}:
        problem = f"the check is {sealed_check()}"
    if not problem and "failed on the original" in done.out:
        problem = "its verdict was not compared"
    return tap.point(name, problem, done.log)


if becomes("curl becomes an applet", ["CMD-SHELL", "curl -f http://localhost:8080/ || exit 1"],
           [*INIT, "http", "http://localhost:8080/", "--status", "100-399"], Interval=5000000000, Timeout=1500000000, Retries=2):
    done = thresh("why", "oci:sealed", "/usr/bin/curl")
    tap.point("and curl is not part of the trace", None if "trace:" not in done.out else done.log)
    words = json.loads(thresh("manifest", "oci:sealed", "--target", "podman", "--format", "json").out)
    want = json.dumps([*INIT[1:], "http", "http://localhost:8080/", "--status", "100-399"], separators=(",", ":"))
    tap.point("podman is told", None if words[words.index("--health-cmd") + 1] == want and "--health-interval=5000ms" in words
              and "--health-timeout=1500ms" in words and "--health-retries=2" in words else str(words))
    done = thresh("manifest", "oci:sealed", "--target", "kubernetes", "--image", "registry.test/app@sha256:" + 64 * "0")
    tap.point("Kubernetes too", None if "readinessProbe" in done.out and "periodSeconds: 5" in done.out
              and "timeoutSeconds: 2" in done.out and "failureThreshold: 2" in done.out else done.log)
becomes("wget with grep", ["CMD-SHELL", "wget -qO- http://localhost:8080/ | grep -q UP || exit 1"],
        [*INIT, "http", "http://localhost:8080/", "--status", "200-299", "--contains", "UP"])
becomes("a file", ["CMD-SHELL", "[ -f /tmp/ready ]"], [*INIT, "file", "/tmp/ready"])
if becomes("a program of the image", ["CMD-SHELL", "python3 /srv/health.py check || exit 1"], ["CMD", "python3", "/srv/health.py", "check"]):
    done = thresh("why", "oci:sealed", "/usr/lib/python3.11/colorsys.py")
    tap.point("what it alone uses is kept", None if ": kept" in done.out else done.log)
done = harden(["CMD-SHELL", "curl -f http://localhost:8080/broken || exit 1"])
tap.point("one that fails on the original is not compared", done.problem(0) or (None if "failed on the original" in done.out else "no note"), done.log)
PIPE = ["CMD-SHELL", "ps | grep python"]
done = harden(PIPE)
tap.point("shell syntax is an error with the ways out", done.problem(3, "`ps | grep python`", "thresh.yaml", "healthcheck: none"), done.log)
tap.point("before anything is run", "it was run" if "tracing" in done.err else None, done.log)
done = harden(PIPE, "healthcheck: none\n")
tap.point("it can be left out", done.problem(0) or (None if sealed_check() is None and "left out" in done.out else str(sealed_check())), done.log)
done = harden(PIPE, "healthcheck: health tcp 8080\n")
tap.point("or another given", done.problem(0) or (None if sealed_check() == {"Test": [*INIT, "tcp", "8080"]} else str(sealed_check())), done.log)
done = harden(PIPE, "healthcheck: health tcp 9\n")
tap.point("which must succeed", done.problem(5, "the replay differs", "healthcheck"), done.log)
done = harden(["CMD", "/usr/bin/absent"])
tap.point("a program that is not there is an error", done.problem(3, "`/usr/bin/absent`", "healthcheck: none"), done.log)
FILES["/check.sh"] = (b"#!/bin/sh\npython3 /srv/health.py check || exit 1\n", 0o755)
done = harden(["CMD", "/check.sh"])
tap.point("a script of the image is an error, too", done.problem(3, "`/check.sh`", "a script for a shell", "healthcheck: none"), done.log)
tap.end()
