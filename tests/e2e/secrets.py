#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# timeout: 200
"""A value of --env appears in nothing that thresh writes: searched for as bytes in the sealed image, the documents, the
cache, all output, and the argument lists of thresh's processes, for an application that shouts it everywhere."""
import os
import subprocess
import sys
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import (BUILD, CONFIG, Tap, base, cache, environment, file, finish, layout, scratch, start, thresh)  # noqa: E402

tap = Tap()
place = scratch("secrets")
os.chdir(place)
SECRET = "hunter2-Zm9v+/b4r"
MULTILINE = "-----BEGIN KEY-----\nMIIsecretsecret\n-----END KEY-----"


def holds(data, secret):
    """Also its halves: a value that is cut is still told."""
    return [part for part in (secret, secret[:12], secret[-12:]) if part.encode() in data]


def search(directory, secret):
    """Files that hold it, names that hold it."""
    found = []
    for where, directories, names in os.walk(directory):
        found += [f"the name of {where}/{name}" for name in names + directories if secret in name]
        for name in names:
            path = os.path.join(where, name)
            if not os.path.islink(path) and os.path.isfile(path):
                with open(path, "rb") as stream:
                    if holds(stream.read(), secret):
                        found.append(path)
    return found


class Watch(threading.Thread):
    """Looks at the argument lists of all processes of thresh until it is told to stop."""

    def __init__(self, secret):
        super().__init__()
        self.secret, self.found, self.looks, self.over = secret.encode(), {}, 0, threading.Event()

    def run(self):
        while not self.over.wait(0.02):
            for pid in filter(str.isdigit, os.listdir("/proc")):
                try:
                    program = os.readlink(f"/proc/{pid}/exe")
                    with open(f"/proc/{pid}/cmdline", "rb") as stream:
                        line = stream.read()
                except OSError:
                    continue
                self.looks += program.startswith(BUILD)
                # the application's own arguments are its own affair
                if program.startswith(BUILD) and self.secret in line:
                    self.found[pid, line] = self.found.get((pid, line), 0) + 1

    def end(self):
        self.over.set()
        self.join()
        # what the shell gave is there until thresh has read it, for a millisecond
        lasting = [str(key) for key, count in self.found.items() if count > 2]
        return lasting if self.looks else ["nothing was looked at"]


def told(name, secret, verb, status, options, command="harden", compress=()):
    """Runs it with the secret, and looks everywhere."""
    work = scratch(f"secrets/run-{tap.count}")
    os.chdir(work)
    layout("source", [base(file("etc/data", b"x"))], dict(CONFIG, Cmd=[verb]))
    watch = Watch(secret)
    watch.start()
    operands = ["oci:source"] + (["oci:out"] if command == "harden" else [])
    process = start(command, *options, *compress, "--out", "evidence", *operands, env=environment(SECRET=secret))
    done = finish(process)
    seen = watch.end()
    with open("output", "w", encoding="utf-8") as stream:
        stream.write(done.out + done.err)
    problem = done.problem(status)
    problem = problem or (f"in an argument list: {seen}" if seen else None)
    found = search(work, secret) + search(cache(), secret)
    problem = problem or (f"found in {found}" if found else None)
    if not problem and status == 0:
        with open("evidence/profile.json", encoding="utf-8") as stream:
            text = stream.read()
        problem = None if "SECRET" in text else "the profile does not name the variable"
    tap.point(name, problem, done.log)
    os.chdir(place)


told("an application that tells its environment everywhere", SECRET, "tell", 0, ["--env", "SECRET"])
told("the value on the command line", SECRET, "tell", 0, ["--env", f"SECRET={SECRET}"])
told("in the short form", SECRET, "tell", 0, ["-e", f"SECRET={SECRET}"])
told("joined to the option", SECRET, "tell", 0, [f"--env=SECRET={SECRET}"])
told("an application that fails with it", SECRET, "tell-and-fail", 4, ["--env", "SECRET"])
told("a value of several lines", MULTILINE, "tell-and-fail", 4, ["--env", "SECRET"])
told("a probe that fails, the answer holding it", SECRET, "tell", 3, ["--env", "SECRET", "--probe", "tcp://:8080",
                                                                      "--workload", "exit 1"])
with open("secret.yaml", "w", encoding="utf-8") as stream:
    stream.write(f"environment: ['SECRET={SECRET}']\n")
told("from thresh.yaml", SECRET, "tell", 0, ["--config", os.path.join(place, "secret.yaml")])

# --- and in its place it is there ---

layout("source", [base()], dict(CONFIG, Cmd=["tell"]))
with open("ask.py", "w", encoding="utf-8") as stream:
    stream.write("import os, sys, urllib.request\n"
                 "url = f\"http://{os.environ['THRESH_HOST']}:{os.environ['THRESH_PORT']}/\"\n"
                 "sys.exit(urllib.request.urlopen(url).read().decode().strip() != os.environ['WANTED'])\n")
done = thresh("harden", "--env", "SECRET", "--workload", f"python3 {place}/ask.py", "oci:source", "oci:out",
              env=environment(SECRET=SECRET, WANTED=SECRET))
tap.point("the application gets the value", done.problem(0), done.log)
done = thresh("harden", "--env", "SECRET=", "oci:source", "oci:empty", env=environment())
tap.point("an empty value", done.problem(0), done.log)
done = thresh("harden", "--env", "SECRET=1", "oci:source", "oci:short", env=environment())
tap.point("a value of one byte", done.problem(0), done.log)
tap.end()
