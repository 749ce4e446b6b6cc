#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""thresh-init as dumb-init, tini and catatonit: what they do, and what each of them gets wrong as PID 1."""
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.environ["TOP"], "tests", "init"))
from harness import (BIN, NAMES, Tap, children, command_line, ends, first_process, kill, names_make, namespaces, run,  # noqa: E402
                     start, state, until, waits)

tap = Tap()
SPACES = namespaces()
# Prints each signal that it gets; ends with 7 at SIGTERM. It takes them from the kernel's queue: a handler of Python's runs
# between two steps of the interpreter, and pause() would then wait for a signal that is there already.
ECHO = ("import os,signal\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, {numbers})\n"
        "os.write(1, b'ready\\n')\n"
        "while True:\n"
        " n = signal.sigwait({numbers})\n"
        " os.write(1, b'%d\\n' % n)\n"
        " if n == 15: os._exit(7)\n")


def echo(numbers):
    return [sys.executable, "-c", ECHO.replace("{numbers}", repr(list(numbers)))]


def lines(process, count):
    return [process.stdout.readline().strip() for _ in range(count)]


def exit_statuses(name):
    wrong = [n for n in range(256) if run([f"{BIN}/{name}", "/bin/sh", "-c", f"exit {n}"])[0] != n]
    tap.check(f"{name}: 256 exit statuses, without `--`", not wrong, wrong)
    wrong = [n for n in (1, 9, 10, 15) if run([f"{BIN}/{name}", "--", "sh", "-c", f"kill -{n} $$"])[0] != 128 + n]
    tap.check(f"{name}: 128 and the number of the signal", not wrong, wrong)


def not_executed(name):
    script = f"{BIN}/noshebang"
    with open(script, "w", encoding="ascii") as file:
        file.write("exit 3\n")
    os.chmod(script, 0o755)
    statuses = [run([f"{BIN}/{name}", path])[0] for path in ("/none", "none-such", "/etc", "/etc/passwd", script)]
    tap.check(f"{name}: 127 not found, 126 not executable, no shell for a script without #!",
              statuses == [127, 127, 126, 126, 126], statuses)


def inherited(name):
    def before():
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        signal.signal(signal.SIGUSR2, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_SETMASK, {signal.SIGUSR1, 40})

    done = run([f"{BIN}/{name}", "grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"], preexec_fn=before, restore_signals=False)
    masks = dict(re.findall(r"Sig(\w+):\s+([0-9a-f]+)", done[1]))
    good = (done[0] == 0 and int(masks.get("Blk", "0"), 16) == 1 << 9 | 1 << 39 and
            int(masks.get("Ign", "0"), 16) & (1 << 16 | 1 << 11) == 1 << 16 | 1 << 11)
    tap.check(f"{name}: mask and ignored signals of the caller reach the command; an ignored SIGCHLD hangs nobody", good, done)


def closed_input(name):
    done = run([f"{BIN}/{name}", "true"], preexec_fn=lambda: os.close(0))
    tap.check(f"{name}: a closed standard input is no failure", done[0] == 0, done)


def descriptors(name):
    reader, writer = os.pipe()
    process = start([f"{BIN}/{name}", "sleep", "60"], pass_fds=(writer,))
    os.close(writer)
    until(lambda: children(process.pid))
    child = children(process.pid)[0]
    good = until(lambda: sorted(os.listdir(f"/proc/{process.pid}/fd")) == ["0", "1", "2"])  # the directory was left before
    kept = str(writer) in os.listdir(f"/proc/{child}/fd")
    tap.check(f"{name}: descriptors above 2 are the command's, not init's", good and kept, (good, kept))
    tap.check(f"{name}: init holds the root as its directory", os.readlink(f"/proc/{process.pid}/cwd") == "/")
    kill(process.pid, signal.SIGTERM)
    ends(process)
    os.close(reader)


def forwarded(name):
    numbers = [1, 2, 3, 10, 12, 14, 28, 34, 35, 50, 64]
    process = start([f"{BIN}/{name}", *echo([*numbers, 15])])
    got = lines(process, 1)
    for number in numbers:
        kill(process.pid, number)
        got += lines(process, 1)
    kill(process.pid, signal.SIGTERM)
    tap.check(f"{name}: signals are forwarded, real-time signals too", got == ["ready", *map(str, numbers)], got)
    tap.check(f"{name}: and the command's status is init's", ends(process) == 7)


def foreign(name):
    """Init without CAP_KILL, a command of another uid: EPERM."""
    if os.geteuid() != 0:
        tap.skip(f"{name}: a command of another uid", "needs root")
        return
    process = start(["setpriv", "--bounding-set=-kill", f"{BIN}/{name}", "setpriv", "--reuid=1", "--regid=1", "--clear-groups",
                     "sh", "-c", "echo ready; sleep 1; exit 5"])
    lines(process, 1)
    kill(process.pid, signal.SIGTERM)
    tap.check(f"{name}: that it may not signal the command (EPERM) is no reason to end", ends(process) == 5)


def asked(name):
    """What another session runs is asked to stop before it is killed. It has a second, which a busy machine may not give: so it does not
    handle the signal but ends by it, which the kernel decides when it is sent; and its parent, who says by what it ended, is outside."""
    enter = ["nsenter", "--user", "--preserve-credentials"] if "--map-root-user" in SPACES else ["nsenter"]
    process = start([*SPACES, f"{BIN}/{name}", "sh", "-c", "echo ready; read line; exit 4"], stdin=subprocess.PIPE)
    lines(process, 1)
    beside = subprocess.Popen([*enter, "--pid", "--target", str(first_process(process)), "setsid", "sleep", "600"], stdin=subprocess.DEVNULL)
    runs = until(lambda: any(command_line(pid).startswith(b"sleep\0") for pid in children(beside.pid)))
    process.stdin.close()
    statuses = ends(process), ends(beside)
    tap.check(f"{name} as PID 1: another session's process is asked to stop", runs and statuses == (4, -signal.SIGTERM), (runs, statuses))


def first(name):
    if not SPACES:
        tap.skip(f"{name} as PID 1", "no namespaces here")
        return
    directory = f"{BIN}/{name}.d"
    os.makedirs(directory)
    asked(name)
    begin = time.monotonic()
    done = run([*SPACES, f"{BIN}/{name}", "sh", "-c",
                f"sh -c 'trap \"\" TERM; touch {directory}/deaf; exec sleep 600' & while ! [ -e {directory}/deaf ]; do sleep 0.05; done; exit 4"])
    took = time.monotonic() - begin
    tap.check(f"{name} as PID 1: what does not stop is killed after a second", done[0] == 4 and took > 0.9, (done, took))
    done = run([*SPACES, f"{BIN}/{name}", "sh", "-c",
                "i=0; while [ $i -lt 100 ]; do (sleep 0.01 &); i=$((i+1)); done; "
                "i=0; while [ $i -lt 1000 ]; do [ $(ls /proc | grep -c '^[0-9]') -le 5 ] && exit 0; i=$((i+1)); sleep 0.05; done; ls /proc; exit 1"])
    tap.check(f"{name} as PID 1: 100 orphans are reaped", done[0] == 0, done)
    process = start([*SPACES, f"{BIN}/{name}", *echo([15])])
    lines(process, 1)
    kill(first_process(process), signal.SIGTERM)
    tap.check(f"{name} as PID 1: stops when it is asked to", ends(process) == 7)


def listen_pid(name):
    done = run(["sh", "-c", f"LISTEN_PID=$$ exec {BIN}/{name} sh -c 'test $LISTEN_PID = $$'"])
    tap.check(f"{name}: sockets that were handed to init are the command's (LISTEN_PID)", done[0] == 0, done)


def group(words, name, reaches):
    """SIGUSR1 to init: does it reach a child of the command in its process group?"""
    process = start([*words, "sh", "-c", "trap : USR1; sh -c 'trap \"echo got; exit\" USR1; echo ready; while :; do sleep 0.05; done'; exit 9"])
    lines(process, 1)
    kill(process.pid, signal.SIGUSR1)
    time.sleep(0 if reaches else 0.3)
    alive = process.poll() is None
    if reaches:
        tap.check(name, lines(process, 1) == ["got"] and ends(process) == 9)
        return
    for pid in children(process.pid):
        for below in children(pid):
            kill(below, signal.SIGKILL)
    process.kill()
    ends(process)
    tap.check(name, alive)


def dumb_init():
    it = f"{BIN}/dumb-init"
    group([it], "dumb-init: signals go to the process group", True)
    process = start([it, "-r", "15:2", "--rewrite=10:0", "-r1:12", *echo([2, 10, 12, 15])])
    lines(process, 1)
    kill(process.pid, signal.SIGUSR1)
    kill(process.pid, signal.SIGHUP)
    got = lines(process, 1)
    kill(process.pid, signal.SIGTERM)
    got += lines(process, 1)
    tap.check("dumb-init: signals are rewritten, and dropped", got == ["12", "2"], got)
    for pid in children(process.pid):
        kill(pid, signal.SIGKILL)
    ends(process)
    wrong = [w for w in ("", "a", "1", "1:", ":1", "1:32", "32:1", "0:1", "-1:2") if run([it, "-r", w, "true"])[0] != 1]
    tap.check("dumb-init: a rewriting that is none is refused", not wrong, wrong)
    process = start([it, *echo([18, 15])])
    lines(process, 1)
    child = children(process.pid)[0]
    kill(process.pid, signal.SIGTSTP)
    stopped = until(lambda: state(process.pid) == state(child) == "T")
    kill(process.pid, signal.SIGCONT)
    tap.check("dumb-init: stops and goes on with its command", stopped and lines(process, 1) == ["18"])
    kill(process.pid, signal.SIGTERM)
    ends(process)
    done = run([it, "-v", "sh", "-c", "exit 3"])
    tap.check("dumb-init: -v says what happens", done[0] == 3 and "Child spawned with PID" in done[2] and
              "exited with exit status 3." in done[2], done)
    done = run([it, "--yolo", "true"])
    tap.check("dumb-init: an unknown option is refused", done[0] == 1 and "unrecognized option '--yolo'" in done[2], done)
    done = run([it])
    tap.check("dumb-init: nothing to run is refused", done[0] == 1 and "Usage:" in done[2], done)


def terminal(words):
    """What a shell with job control says of itself on a terminal that init had."""
    pid, descriptor = pty.fork()
    if pid == 0:
        os.execv(words[0], words)
    os.write(descriptor, b'echo "[[$-]]"; kill -STOP $$ 2>/dev/null; exit 6\n')
    output = b""
    while True:
        # It stops after its last output: whether it has must be asked without waiting for more.
        if select.select([descriptor], [], [], 0.05)[0]:
            try:
                chunk = os.read(descriptor, 4096)
            except OSError:
                break
            if not chunk:
                break
            output += chunk
        if b"[[" in output.replace(b'"[[$-]]"', b""):
            for child in children(pid):
                if state(child) == "T":
                    kill(child, signal.SIGCONT)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), output


def terminals():
    for name in NAMES:
        status, output = terminal([f"{BIN}/{name}", "bash", "--norc", "-m"])
        flags = re.findall(rb"\[\[([a-zA-Z]+)\]\]", output)
        tap.check(f"{name}: the command has the terminal, with job control", status == 6 and bool(flags) and b"m" in flags[-1], (status, output))


def tini():
    it = f"{BIN}/tini"
    group([it], "tini: signals go to the command alone", False)
    group([it, "-g"], "tini -g: signals go to the process group", True)
    statuses = [run([it, "-e", "143", "-e", "3", "sh", "-c", f"exit {n}"])[0] for n in (0, 3, 4, 143)]
    tap.check("tini -e: statuses become 0", statuses == [0, 0, 4, 0], statuses)
    done = run([it, "echo", "--", "-x"]), run([it, "--", "echo", "--", "-x"])
    tap.check("tini PROGRAM -- ARGUMENT: the dashes are tini's, behind its own they are the program's",
              (done[0][1], done[1][1]) == ("-x\n", "-- -x\n"), done)
    tap.check("tini --version: as dockerd reads it", run([it, "--version"])[1].startswith("tini version 0."))
    tap.check("tini -p: a signal that is none is refused", run([it, "-p", "SIGNONE", "true"])[0] == 1)
    done = run([it, "-s", "sh", "-c", "pid=$(sleep 600 >/dev/null & echo $!); grep -qw $pid /proc/$PPID/task/$PPID/children || exit 1; "
                "kill $pid; i=0; while [ -e /proc/$pid ]; do [ $i -lt 1000 ] || exit 2; i=$((i+1)); sleep 0.05; done"])
    tap.check("tini -s: a subreaper, whose orphans are reaped", done[0] == 0, done)
    done = run([it, "true"])
    tap.check("tini: says where nobody reaps", "zombie reaping won't work" in done[2], done)


def catatonit():
    it = f"{BIN}/catatonit"
    process = start([it, "-P"])
    ready = waits(process.pid, it, signal.SIGUSR1)
    kill(process.pid, signal.SIGUSR1)
    alive = ready and process.poll() is None
    kill(process.pid, signal.SIGTERM)
    tap.check("catatonit -P: waits for SIGTERM, and ends with 0", alive and ends(process) == 0)
    group([it, "-g"], "catatonit -g: signals go to the process group", True)
    tap.check("catatonit: nothing to run is refused", run([it])[0] == 1)


def main():
    names_make()
    for name in NAMES:
        for test in (exit_statuses, not_executed, inherited, closed_input, descriptors, forwarded, foreign, first, listen_pid):
            test(name)
    dumb_init()
    tini()
    catatonit()
    if shutil.which("bash"):
        terminals()
    tap.end()


main()
