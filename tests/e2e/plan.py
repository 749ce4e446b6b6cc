#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# timeout: 120
"""The plan for people (`thresh plan show`), and what init does before the application as docs/init-syscalls.md lists it:
plans with one step each run under strace(1), and what is called must be in the rows of that step and of every start."""
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile

from support import BUILD, CONFIG, TOP, Tap, entry, file, layout, scratch, tar, thresh

INIT = os.path.join(BUILD, "src/init/thresh-init")
PROBE = os.path.join(BUILD, "tests/unit/init/probe")
PLAN = rb"""thresh-plan 1
# a remark
if superuser
if filled A
set A "x y"
else
set A "$$1\x0a"
end
end
exec ${@}
"""
SHOWN = """thresh-plan 1
# a remark
if superuser
    if filled A
        set A "x y"
    else
        set A "$$1\\x0a"
    end
end
exec ${@}
"""

# Rows of the list that every start has, by the beginning of their first column.
ALWAYS = ["entry", "plan (main.c)", "steps: umask", "execute"]
# Plans, and the rows that they add.
STEPS = [
    ("", []),
    ("set A b\nlet B ${A}\nrequire A\ncheck A word\nvalue C d\n", []),
    ("if exists /vol\nend\nif directory /vol\nend\n", ["`if exists`"]),
    ("if populated /vol\nend\nif vacant /none\nend\n", ["`if populated`"]),
    ("if executable /vol\nend\nif writable /vol\nend\n", ["`if executable`"]),
    ("if superuser\nend\n", ["`if superuser`"]),
    ("print a\n", ["`print`"]),
    ("set S_FILE /vol/old\nsecret S\n", ["`secret`"]),
    ("fact A hostname\n", ["`fact hostname`"]),
    ("fact A cpus\n", ["`fact cpus`"]),
    ("fact A memory\n", ["`fact memory`"]),
    ("fact A uid\n", ["`fact uid`"]),
    ("fact A gid\n", ["`fact gid`"]),
    ("fact A nameservers\n", ["`fact nameservers`"]),
    ("fact A random-port\n", ["`fact random-port`"]),
    ("random A 32 base64\n", ["`random`"]),
    ("directory /vol/a/b 0755\n", ["`directory`"]),
    ("file /vol/new 0600 x\nfile /vol/old 0600 x\nfile /vol/link 0600 x\nfile /dev/null 0600 x\n", ["`file`"]),
    ("template /vol/new 0600 /vol/old\nedit /vol/old a = b\n", ["`template`"]),
    ("ensure /vol/old a=b a=*\n", ["`template`"]),
    ("read S /vol/old\n", ["`secret`"]),
    ("append /vol/new x\nappend /vol/new x\n", ["`append`"]),
    ("provide /vol/p /vol/tree\n", ["`provide`"]),
    ("symlink /vol/link x\nsymlink /vol/link2 x\n", ["`symlink`"]),
    ("remove /vol/tree\nremove /vol/old\nremove /vol/none\n", ["`remove`"]),
    ("mode /vol/old 0644\n", ["`mode`"]),
    ("owner /vol 0 0 tree\n", ["`owner`"]),
    ("seed /seeded /vol/tree\n", ["`seed`", "… what is there", "… copying", "… complete"]),
    ("in /vol\ninput x\ninput-file /vol/old\noutput /vol/o\nretry 1 1\naccept 3\nrun probe exit 3\n",
     ["`run`", "… the child", "… the parent"]),
    ("run probe exit 0\n", ["`run`", "… the child", "… the parent"]),
    ("limit core 0 0\n", ["`limit`"]),
    ("workdir /vol\n", ["`workdir`"]),
    ("passwd /vol/passwd app /\n", ["`passwd`"]),
    ("no-new-privileges\n", ["`no-new-privileges`"]),
    ("no-new-privileges\nlandlock-read /\nlandlock-execute /bin/probe\n", ["`no-new-privileges`", "`landlock-*`"]),
    ("id 0 0\n", ["`id`"]),
    ("if superuser\nfail 9 no\nend\n", ["`if superuser`", "failure"]),
]


def rows():
    """First column: names of calls, of the table in docs/init-syscalls.md."""
    with open(os.path.join(TOP, "docs/init-syscalls.md"), encoding="utf-8") as document:
        table = re.findall(r"^\| (.*?) \| (.*?) \| .*\|$", document.read(), re.M)
    return [(name, set(re.findall(r"`([a-z0-9_]+)", calls))) for name, calls in table]


def allowed(table, wanted):
    """The calls of the rows that are wanted; rows of the same name belong to the one above them."""
    calls, missing = set(), []
    for name in wanted:
        found = [row for row in table if row[0].startswith(name)]
        calls |= set().union(*(row[1] for row in found))
        missing += [] if found else [name]
    return calls, missing


def root_make():
    root = scratch("root")
    for directory in (".thresh", "bin", "vol/tree/sub", "dev", "proc", "etc", "seeded"):
        os.makedirs(os.path.join(root, directory))
    shutil.copy(INIT, os.path.join(root, ".thresh/init"))
    shutil.copy(PROBE, os.path.join(root, "bin/probe"))
    for name, text in (("vol/old", "old\n"), ("vol/passwd", ""), ("vol/tree/sub/f", "x"), ("dev/null", ""),
                       ("etc/resolv.conf", "nameserver 10.0.0.1\n")):
        with open(os.path.join(root, name), "w", encoding="utf-8") as made:
            made.write(text)
    os.symlink("old", os.path.join(root, "vol/link"))
    return root


def calls_of(trace):
    """What init called, and its children before they executed: names in order, the last execve of init included."""
    first, names, before_execve, seen = None, [], set(), set()
    for line in trace.splitlines():
        match = re.match(r"(\d+) +(?:<\.\.\. )?([a-z0-9_]+)(?: resumed>|\()(.*)", line)
        if not match:
            continue
        pid, name, rest = match.groups()
        if name == "execve" and rest.startswith('"/.thresh/init"'):
            first, before_execve = pid, {pid}
        elif first and (pid in before_execve or pid not in seen):
            before_execve.add(pid)
            names.append(name)
            if name == "execve" and rest.endswith(" = 0"):
                before_execve.discard(pid)
                if pid == first:
                    break
        seen.add(pid)
    return names


def traced(plan):
    root = root_make()
    with open(os.path.join(root, ".thresh/plan"), "w", encoding="utf-8") as made:
        made.write(f"thresh-plan 1\n{plan}entry probe exit 0\n")
    log = os.path.join(root, "trace")
    enter = [] if os.geteuid() == 0 else ["unshare", "--map-root-user"]
    done = subprocess.run(["strace", "-f", "-s", "32", "-o", log, *enter, "chroot", root, "/.thresh/init"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env={"PATH": "/bin:" + os.environ["PATH"]}, check=False)
    with open(log, encoding="utf-8", errors="replace") as trace:
        return done, calls_of(trace.read())


def audit(tap):
    table = rows()
    for plan, extra in STEPS:
        if plan.startswith("id ") and os.geteuid() != 0:
            continue  # one id alone: setgroups(2) is not allowed
        done, called = traced(plan)
        calls, missing = allowed(table, ALWAYS + extra)
        stray = [name for name in called if name not in calls]
        problem = None
        if missing:
            problem = f"no row {missing[0]}"
        elif not called or called[0] != "rt_sigprocmask":
            problem = f"the first call is not rt_sigprocmask: {called[:3]} (status {done.returncode})"
        elif "fail" not in plan and called[-3:] != ["rt_sigpending", "rt_sigprocmask", "execve"]:
            problem = f"the last calls are {called[-3:]}"
        elif stray:
            problem = f"not in the list: {' '.join(sorted(set(stray)))}"
        tap.point("calls of " + (plan.strip().replace("\n", "; ") or "a start without steps"), problem,
                  done.stdout + " ".join(called))


def show(tap):
    os.chdir(scratch("show"))
    layout("plan", [tar(entry(".thresh", tarfile.DIRTYPE), file(".thresh/plan", PLAN))], config=CONFIG)
    layout("none", [tar(file("app", b"x"))], config=CONFIG)
    done = thresh("plan", "show", "oci:plan")
    tap.point("a plan is shown with its blocks indented", None if done.out == SHOWN else "another text", done.out + done.err)
    done = thresh("plan", "show", "--format", "json", "oci:plan")
    directives = json.loads(done.out)["directives"] if done.status == 0 else []
    wanted = {"line": 7, "directive": "set", "depth": 2, "words": ["A", "$$1\n"]}
    tap.point("and as objects", None if wanted in directives and len(directives) == 8 else "others", done.out + done.err)
    tap.point("an image without a plan is an error", thresh("plan", "show", "oci:none").problem(3, "not a sealed image"))


def main():
    tap = Tap()
    show(tap)
    if shutil.which("strace"):
        audit(tap)
    else:
        print("# no strace: the list is not compared")
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
