# SPDX-License-Identifier: Apache-2.0
"""The judges of tests/judges/npm, installed once beside the test images."""
import hashlib
import os
import shutil
import subprocess

from support import TOP

JUDGES = os.path.join(TOP, "tests/judges/npm")
IMAGES = os.environ["IMAGES"]


def judges_ready():
    """The directory with the judges installed, or why there is none."""
    if not shutil.which("npm") or not shutil.which("node"):
        return None, "npm is not installed"
    with open(os.path.join(JUDGES, "package-lock.json"), "rb") as stream:
        name = "npm-" + hashlib.sha256(stream.read()).hexdigest()[:16]
    ready = os.path.join(IMAGES, name)
    if not os.path.isdir(ready):
        os.makedirs(IMAGES, exist_ok=True)
        making = f"{ready}.{os.getpid()}"
        os.mkdir(making)
        for file in ("package.json", "package-lock.json"):
            shutil.copy(os.path.join(JUDGES, file), making)
        done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=making,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode != 0:
            shutil.rmtree(making)
            return None, "npm ci: " + (done.stdout.strip().splitlines() or ["failed"])[-1]
        try:
            os.rename(making, ready)
        except OSError:  # another run was first
            shutil.rmtree(making)
    shutil.copy(os.path.join(JUDGES, "judge.mjs"), ready)
    return ready, None
