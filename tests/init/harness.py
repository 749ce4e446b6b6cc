# SPDX-License-Identifier: Apache-2.0
"""What the tests of thresh-init as a process share: started under another name, as PID 1, or with a plan in a root of its own."""
import os
import shutil
import signal
import subprocess
import sys
import time

BUILD, TMPDIR = os.environ["BUILD"], os.environ["TMPDIR"]
INIT = f"{BUILD}/src/init/thresh-init"
PROBE = f"{BUILD}/tests/unit/init/probe"
BIN = f"{TMPDIR}/bin"
NAMES = ("dumb-init", "tini", "catatonit")
PATIENCE = 200  # seconds until a test is given up: no judge of speed, machines are slow


class Tap:
    def __init__(self):
        self.count, self.failed = 0, 0

    def check(self, name, good, detail=""):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}", flush=True)
        if not good and detail != "":
            print("# " + repr(detail), flush=True)

    def skip(self, name, why):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {why}", flush=True)

    def end(self):
        print(f"1..{self.count}")
        sys.exit(self.failed > 0)


def names_make():
    """Copies of thresh-init under the names of the others."""
    os.makedirs(BIN, exist_ok=True)
    for name in (*NAMES, "thresh-init", "health", "wait-for", "sleep"):
        shutil.copy(INIT, f"{BIN}/{name}")


def namespaces():
    """The words that make what follows PID 1; None: not possible here."""
    words = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
    for more in ([], ["--map-root-user"]):
        if subprocess.run([*words, *more, "true"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return words + more
    return None


def run(words, **more):
    """(status, output, errors)"""
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, check=False,
                          timeout=PATIENCE, **more)
    return done.returncode, done.stdout, done.stderr


def start(words, **more):
    return subprocess.Popen(words, stdout=subprocess.PIPE, stdin=more.pop("stdin", subprocess.DEVNULL), text=True, **more)


def until(condition):
    """Whether it holds before patience is over."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def command_line(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read()
    except OSError:
        return b""


def state(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def signals(pid, field):
    """A set of signals of /proc/PID/status (SigBlk, SigCgt, ShdPnd …), bit 0 being signal 1."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            return next((int(line.split()[1], 16) for line in file if line.startswith(field + ":")), 0)
    except OSError:
        return 0


def waits(pid, program, number):
    """Until the process executes thresh-init by the name @program, and the signal neither ends it nor, as PID 1, is dropped: it is
    blocked, or waited for, and then in no mask (sigtimedwait(2))."""
    return until(lambda: command_line(pid).split(b"\0")[0] == program.encode() and
                 (signals(pid, "SigBlk") >> (number - 1) & 1 or state(pid) == "S"))


def taken(pid, number):
    """Waits until no such signal is pending: the next one of its kind is another one."""
    return until(lambda: not signals(pid, "ShdPnd") >> (number - 1) & 1)


def first_process(process):
    """PID 1 below `unshare`, as seen from here."""
    until(lambda: children(process.pid))
    return children(process.pid)[0]


def ends(process):
    """Its exit status, or None where it had to be killed."""
    try:
        return process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return None


def root_make(name, plan):
    root = f"{TMPDIR}/{name}"
    shutil.rmtree(root, ignore_errors=True)
    for directory in ("bin", "dev", "proc", "tmp", ".thresh"):
        os.makedirs(f"{root}/{directory}")
    open(f"{root}/dev/null", "w", encoding="ascii").close()  # programs of a plan read it
    shutil.copy(INIT, f"{root}/.thresh/init")
    shutil.copy(PROBE, f"{root}/bin/probe")
    with open(f"{root}/.thresh/plan", "w", encoding="ascii") as file:
        file.write("thresh-plan 1\n" + plan)
    return root


def planned(spaces, name, plan, words=()):
    """What runs thresh-init as PID 1 of a root with this plan."""
    root = root_make(name, plan)
    return [*[f"--mount-proc={root}/proc" if w == "--mount-proc" else w for w in spaces], "chroot", root, "/.thresh/init", *words]


def kill(pid, number):
    os.kill(pid, number)


__all__ = [n for n in dir() if not n.startswith("_")] + ["signal"]
