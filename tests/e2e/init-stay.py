#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# alone
"""thresh-init staying as PID 1 with a plan: rewriting, groups, delay, values, job control, several programs."""
import ctypes
import fcntl
import os
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.environ["TOP"], "tests", "init"))
from harness import Tap, children, command_line, ends, first_process, kill, namespaces, planned, run, signal, start, state, taken, until  # noqa: E402

tap = Tap()
SPACES = namespaces()
PORT = 20000  # in a network of our own


def begun(name, plan):
    """A process whose application says `ready`, and PID 1 as seen from here."""
    process = start(planned(SPACES, name, plan))
    line = process.stdout.readline()
    if line != "ready\n":
        tap.check(f"{name}: the application runs", False, line)
    return process, first_process(process)


def rewriting():
    process, first = begun("signal", "entry probe signals 2 10 12 15\nstay 60000\nsignal 10 12\nsignal 15 2\nsignal 1 0\nsignal 64 15\n")
    got = []
    for number in (1, 10, 15, 64):
        kill(first, number)
        if number != 1:
            got.append(process.stdout.readline().strip())
    tap.check("signal FROM TO: rewritten, dropped, from real-time signals too", got == ["12", "2", "15"] and ends(process) == 0, got)


def groups():
    process, first = begun("group", "entry probe family\nstay 60000\nforward group\n")
    kill(first, signal.SIGUSR1)
    line = process.stdout.readline()
    tap.check("forward group: reaches the application's process group", line == "child 10\n" and ends(process) == 5, line)
    process, first = begun("process", "entry probe family\nstay 60000\nforward process\n")
    kill(first, signal.SIGUSR1)
    time.sleep(0.3)  # it does not end; that it would, is seen where there is time
    alive = process.poll() is None
    kill(first, signal.SIGKILL)
    ends(process)
    tap.check("forward process: reaches the application alone", alive)


def delays():
    plan = "entry probe signals 15\nstay 60000\ndelay 700\n"
    process, first = begun("delay", plan)
    begin = time.monotonic()
    kill(first, signal.SIGTERM)
    status, took = ends(process), time.monotonic() - begin
    tap.check("delay: a stop signal is forwarded later", status == 0 and took >= 0.7, (status, took))
    process, first = begun("delay-again", plan.replace("700", "60000"))
    kill(first, signal.SIGTERM)
    came = taken(first, signal.SIGTERM)
    kill(first, signal.SIGTERM)
    tap.check("delay: a second one ends the wait", came and ends(process) == 0)


def values():
    process, first = begun("value", "entry probe value\nstay 60000\n")
    ctypes.CDLL(None).sigqueue(first, 64, ctypes.c_void_p(4711))
    line = process.stdout.readline()
    tap.check("a value that came with a signal goes on with it", line == "value 4711\n" and ends(process) == 0, line)


def job_control():
    """Not PID 1: init stops with the application, and the application goes on with init."""
    words = planned(SPACES, "jobs", "entry probe signals 18 15\nstay 60000\njob-control\n")
    process = start(words[words.index("chroot"):])
    process.stdout.readline()
    child = children(process.pid)[0]
    kill(child, signal.SIGSTOP)
    stopped = until(lambda: state(process.pid) == "T")
    kill(process.pid, signal.SIGCONT)
    line = process.stdout.readline()
    tap.check("job-control: stops and goes on with the application", stopped and line == "18\n", (stopped, line))
    kill(process.pid, signal.SIGTERM)
    tap.check("job-control: and stops when it is asked to", ends(process) == 0)


def programs():
    serve = f"start server /bin/probe serve {PORT}\n"
    done = run(planned(SPACES, "await", f"{serve}await server tcp {PORT} 60000\nstop server 15 60000\nentry probe exit 4\n"))
    tap.check("start, await, stop: a temporary server", done[0] == 4, done)
    done = run(planned(SPACES, "late", f"start server /bin/probe serve {PORT}\nawait server file /none 300\nentry probe exit 4\n"))
    tap.check("await: the time is over", done[0] == 1 and "nothing answers in time" in done[2], done)
    done = run(planned(SPACES, "ended", f"start server /bin/probe exit 9\nawait server tcp {PORT} 60000\nentry probe exit 4\n"))
    tap.check("await: the program has ended: its status", done[0] == 9, done)
    done = run(planned(SPACES, "beside", f"{serve}await server tcp {PORT} 60000\nentry probe exit 4\n"))
    tap.check("a program that lives on is stopped after the application", done[0] == 4, done)
    process, first = begun("essential", f"{serve}await server tcp {PORT} 60000\nessential server\nentry probe signals 15\nstay 60000\n")
    servers = [child for child in children(first) if b"serve" in command_line(child)]
    tap.check("essential: it runs beside the application", len(servers) == 1, servers)
    for child in servers:
        kill(child, signal.SIGTERM)
    tap.check("essential: its end is everyone's, its status the container's", ends(process) == 3)
    done = run(planned(SPACES, "essential-early", f"start server /bin/probe exit 6\nessential server\nrun /bin/probe exit 0\n"
                       "entry probe signals 15\nstay 60000\n"))
    tap.check("essential: one that ended before the application ran", done[0] == 6, done)
    process, first = begun("order", f"{serve}await server tcp {PORT} 60000\nessential server\nentry probe signals 15\nstay 60000\n")
    kill(first, signal.SIGTERM)
    tap.check("a stop signal ends the application first, whose status it is", ends(process) == 0)


def early_request():
    """SIGTERM while a step waits."""
    process = start(planned(SPACES, "early", f"await nobody tcp {PORT} 60000\nentry probe\n".replace("await nobody", "start nobody /bin/probe deaf\nawait nobody")))
    process.stdout.readline()
    kill(first_process(process), signal.SIGTERM)
    tap.check("asked to stop while a step waits: ends", ends(process) == 128 + 15)


def deep():
    """Not PID 1: a subreaper that asks and kills all that is below."""
    words = planned(SPACES, "deep", "entry probe stubborn\nstay 300\n")
    root = words[words.index("chroot") + 1]
    done = run(["unshare", "--mount", "sh", "-c", f"mount -t proc proc {root}/proc && exec chroot {root} /.thresh/init"])
    tap.check("not PID 1: what does not stop is killed after the grace", done[0] == 9, done)


def network_make():
    """Loopback alone, where nobody else has ports: of this process, and of all that it starts."""
    clone_newnet, siocgifflags, siocsifflags, iff_up = 0x40000000, 0x8913, 0x8914, 1
    if ctypes.CDLL(None, use_errno=True).unshare(clone_newnet):
        raise OSError(ctypes.get_errno(), "unshare(CLONE_NEWNET)")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
        flags = struct.unpack("16sh", fcntl.ioctl(device, siocgifflags, struct.pack("16sh22x", b"lo", 0))[:18])[1]
        fcntl.ioctl(device, siocsifflags, struct.pack("16sh22x", b"lo", flags | iff_up))


def main():
    if not SPACES or os.geteuid() != 0:
        print("needs root and namespaces")
        sys.exit(77)
    network_make()
    for test in (rewriting, groups, delays, values, job_control, programs, early_request, deep):
        test()
    tap.end()


main()
