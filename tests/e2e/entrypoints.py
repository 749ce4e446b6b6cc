#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# timeout: 900
"""Shell entrypoints: the original and the sealed image, which has no shell, are started in the same ways (variables, arguments,
secrets, first and later starts), by podman, the sealed one as `thresh manifest` says; they give the same answers and end alike.

ENTRYPOINTS_NAMES: which images of entrypoint_cases.py, or all; ENTRYPOINTS_ORIGINALS=1: the originals alone, to see that the judges pass.
ENTRYPOINTS_JOBS: how many images at a time (2).
"""
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from entrypoint_cases import CASES  # noqa: E402
from support import PATIENCE, TMPDIR, TOP, Tap, thresh  # noqa: E402

QUICK = "redis-entry entry-flags entry-file entry-umask undistillable"
NAMES = (os.environ.get("ENTRYPOINTS_NAMES") or QUICK).split()
NAMES = list(CASES) if NAMES == ["all"] else NAMES
ORIGINALS = bool(os.environ.get("ENTRYPOINTS_ORIGINALS"))
IMAGES = os.environ.get("IMAGES") or os.path.join(TOP, "build/demo")
JUDGES = os.path.join(TOP, "tests/judges")
# An application that does not follow its stop signal is killed after that time; one that does takes much less, busy machine or not.
STOP_SECONDS, STOP_MS = 60, 50000
FORBIDDEN = re.compile(r"(^|/)(sh|bash|dash|busybox|rbash|apt|apt-get|dpkg|pip[0-9.]*|npm)$")


class Case:
    """One image: its podman storage, and the points that it has made, printed when it is through."""

    def __init__(self, name):
        self.name, self.case = name, CASES[name]
        self.directory = tempfile.mkdtemp(prefix=f"{name}-", dir=TMPDIR)
        self.storage = os.path.join(self.directory, "storage")
        self.volumes = 0
        self.points = []

    def point(self, name, problem=None, log=""):
        self.points.append((f"{self.name}: {name}", problem, log))
        return problem is None

    # --- one container ---

    def run(self, image, words, judge, log):
        """podman-run.sh; answers its status, its output and how long the stop took."""
        scratch = tempfile.mkdtemp(dir=self.directory)
        argv = os.path.join(scratch, "argv.json")
        with open(argv, "w", encoding="utf-8") as file:
            json.dump(words, file)
        env = dict(os.environ, JUDGE_STORAGE=self.storage, JUDGE_LOG=log, JUDGE_STOP_SECONDS=str(STOP_SECONDS), TMPDIR=scratch,
                   JUDGE_IMAGE_NAME=f"localhost/{self.name}:1")
        judge = [os.path.join(JUDGES, judge[0]), *judge[1:]] if judge else []
        if judge and "--read-only" in words:
            judge.insert(0, os.path.join(JUDGES, "restricted.sh"))
        try:
            done = subprocess.run([os.path.join(JUDGES, "podman-run.sh"), image, argv, *judge], env=env, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE, check=False)
            status, out, err = done.returncode, done.stdout, done.stderr
        except subprocess.TimeoutExpired as expired:
            status, out, err = 124, expired.stdout or b"", expired.stderr or b""
        shutil.rmtree(scratch, ignore_errors=True)
        out, err = out.decode(errors="replace"), err.decode(errors="replace")
        stopped = re.search(r"stopped in (\d+) ms", err)
        return status, out, err, int(stopped.group(1)) if stopped else None

    def words_of(self, start, words):
        """The words with what a user adds: variables and secrets before the image, arguments behind it; volumes of this start."""
        added = ["--network", "none", "--hostname", "entry"]
        for name, value in start["env"].items():
            added += ["--env", f"{name}={value}"]
        for name, content in start["secrets"].items():
            path = os.path.join(self.directory, f"secret-{self.volumes}-{name}")
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)
            added += ["--volume", f"{path}:/run/secrets/{name}:ro"]
        words = [f"start{self.volumes}-{word}" if before == "--volume" else word
                 for before, word in zip([""] + words[:-1], words)]
        return words[:2] + added + words[2:] + start["args"]

    def ask(self, start, image, words):
        """Both starts: a list of (answers, milliseconds of the stop), and what went wrong."""
        self.volumes += 1
        words = self.words_of(start, words)
        if start["fails"]:
            status, out, err, _ = self.run(image, words, [], os.path.join(self.directory, "log"))
            problem = None
            if status == 0:
                problem = "it did not fail"
            elif start["fails"] not in out + err:
                problem = f"it does not say {start['fails']}"
            # which status that is, is not compared: a plan's `check` has its own
            return [("", None)], problem, out + err
        answers = []
        for judge in [start["judge"], start["again"]]:
            if not judge:
                continue
            status, out, err, stopped = self.run(image, words, judge, os.path.join(self.directory, "log"))
            answers.append((out, stopped))
            if status != 0:
                return answers, f"the judge ended with {status} at start {len(answers)}", out + err
            if stopped is None or stopped > STOP_MS:
                return answers, f"it took {stopped} ms to stop", out + err
        missing = [want for want in start["wants"] if want not in answers[0][0]]
        return answers, f"its answers do not hold {missing}" if missing else None, answers[0][0]

    # --- the original and the sealed one ---

    def original(self, start):
        words = ["podman", "run", "--rm"]
        with open(os.path.join(IMAGES, self.name, "index.json"), encoding="utf-8") as file:
            config = self.blob(self.blob(json.load(file)["manifests"][0])["config"])["config"]
        for number, path in enumerate(sorted(config.get("Volumes") or {})):
            words += ["--volume", f"original{number}:{path}"]
        return self.ask(start, f"oci:{IMAGES}/{self.name}:latest", words + [f"localhost/{self.name}:1"])

    def blob(self, described):
        with open(os.path.join(IMAGES, self.name, "blobs", *described["digest"].split(":")), encoding="utf-8") as file:
            return json.load(file)

    def harden(self):
        """The sealed layout, or None."""
        sealed = os.path.join(self.directory, "sealed")
        config = os.path.join(self.directory, "thresh.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"cache: {os.path.join(self.directory, 'cache')}\n" + self.case.get("config", ""))
        done = thresh("harden", f"oci:{IMAGES}/{self.name}:latest", f"oci:{sealed}:latest", "--config", config, timeout=1200)
        if "refused" in self.case:
            problem = done.problem(3, *self.case["refused"])
            if not problem and os.path.exists(sealed):
                problem = "it was written all the same"
            self.point("cannot be distilled, and thresh says where, why and what to do", problem, done.log)
            return None
        return sealed if self.point("hardened", done.problem(0), done.log) else None

    def emitted(self, sealed):
        done = thresh("manifest", f"oci:{sealed}:latest", "--target", "podman", "--image", f"localhost/{self.name}:1",
                      "--format", "json")
        if not self.point("a command line for podman", done.problem(0), done.log):
            return None
        words = json.loads(done.out)
        return words if self.point("read-only", None if "--read-only" in words else f"no --read-only in {words}") else None

    def no_shell(self, sealed):
        with open(os.path.join(sealed, "index.json"), encoding="utf-8") as file:
            layout = json.load(file)
        blobs = os.path.join(sealed, "blobs/sha256")
        found = []
        with open(os.path.join(blobs, layout["manifests"][0]["digest"][7:]), encoding="utf-8") as file:
            layers = json.load(file)["layers"]
        for layer in layers:
            with tarfile.open(os.path.join(blobs, layer["digest"][7:])) as tar:
                # packages of which a file is left are in the database by their names; /bin/sh may be a link to thresh-init, which runs the command lines that were recorded and no other
                found += [i.name for i in tar if not i.isdir() and not i.name.startswith("var/lib/dpkg/status.d/") and
                          (i.mode & 0o6000 or FORBIDDEN.search(i.name) and
                           not (i.issym() and i.linkname.endswith("/.thresh/init")))]
        self.point("no shell, package manager or setid file in it", f"found {found}" if found else None)

    def judge(self):
        made = subprocess.run([os.path.join(TOP, "tools/images/make-image"), self.name, IMAGES], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if not self.point("made", None if made.returncode == 0 else "make-image failed", made.stdout):
            return
        expected = []
        for start in self.case["starts"]:
            answers, problem, log = self.original(start)
            expected.append(answers if self.point(f"original: {start['name']}", problem, log + self.log()) else None)
        sealed = None if ORIGINALS else self.harden()
        words = sealed and self.emitted(sealed)
        if not words:
            return
        self.no_shell(sealed)
        for start, want in zip(self.case["starts"], expected):
            if want is None:
                continue
            answers, problem, log = self.ask(start, f"oci:{sealed}:latest", words)
            if not problem:
                problem = self.difference([a for a, _ in want], [a for a, _ in answers])
            self.point(f"sealed: {start['name']}", problem, log + self.log())

    @staticmethod
    def difference(want, got):
        for number, (one, other) in enumerate(zip(want, got)):
            for line, another in zip(one.splitlines(), other.splitlines()):
                if line != another:
                    return f"start {number + 1}: want `{line}`, got `{another}`"
            if one != other:
                return f"start {number + 1}: want {len(one)} bytes, got {len(other)}"
        return None

    def log(self):
        try:
            with open(os.path.join(self.directory, "log"), encoding="utf-8", errors="replace") as file:
                return "container: " + file.read()[-3000:].replace("\n", "\ncontainer: ")
        except OSError:
            return ""

    def clean(self):
        for mount in ("root/overlay", "root"):
            subprocess.run(["umount", "-l", os.path.join(self.storage, mount)], stderr=subprocess.DEVNULL, check=False)
        link = os.path.join(self.storage, "run")
        if os.path.islink(link):
            shutil.rmtree(os.readlink(link), ignore_errors=True)
        shutil.rmtree(self.directory, ignore_errors=True)


def judged(name):
    case = Case(name)
    try:
        case.judge()
    finally:
        case.clean()
    return case.points


def missing():
    names = ("podman", "runc", "jq", "nsenter", "curl", "redis-cli", "psql", "mariadb", "mosquitto_pub", "mmdebstrap")
    return [name for name in names if not shutil.which(name)]


if missing() or os.geteuid() != 0:
    print(f"not installed: {' '.join(missing())}" if missing() else "podman is judged as root")
    sys.exit(77)
tap = Tap()
with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("ENTRYPOINTS_JOBS", "2"))) as pool:
    for points in pool.map(judged, NAMES):
        for point in points:
            tap.point(*point)
tap.end()
