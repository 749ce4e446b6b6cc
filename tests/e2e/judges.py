# SPDX-License-Identifier: Apache-2.0
"""The judges of tests/judges/npm, installed once beside the test images."""
import fcntl
import hashlib
import os
import shutil
import subprocess

from support import TOP

JUDGES = os.path.join(TOP, "tests/judges/npm")
IMAGES = os.environ["IMAGES"]


def install(ready):
    """None, or why it cannot be."""
    making = f"{ready}.{os.getpid()}"
    os.mkdir(making)
    for file in ("package.json", "package-lock.json"):
        shutil.copy(os.path.join(JUDGES, file), making)
    done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=making,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        shutil.rmtree(making)
        return "npm ci: " + (done.stdout.strip().splitlines() or ["failed"])[-1]
    os.rename(making, ready)
    return None


def judges_ready():
    """The directory with the judges installed, or why there is none. Several scripts ask at a time, and run what is there."""
    if not shutil.which("npm") or not shutil.which("node"):
        return None, "npm is not installed"
    with open(os.path.join(JUDGES, "package-lock.json"), "rb") as stream:
        name = "npm-" + hashlib.sha256(stream.read()).hexdigest()[:16]
    ready = os.path.join(IMAGES, name)
    os.makedirs(IMAGES, exist_ok=True)
    with open(ready + ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        problem = None if os.path.isdir(ready) else install(ready)
        if problem:
            return None, problem
        # Never a half of it: it may be read just now.
        copy = os.path.join(ready, f"judge.{os.getpid()}")
        shutil.copy(os.path.join(JUDGES, "judge.mjs"), copy)
        os.replace(copy, os.path.join(ready, "judge.mjs"))
    return ready, None
