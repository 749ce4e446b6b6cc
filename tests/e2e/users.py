#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# timeout: 600
"""Who runs thresh: root, a user with a range of ids, a user without, root of user namespaces of one id and of many. Each
hardens the same image to the same digest, runs it and replays it; or gets one error that names the switch."""
import fcntl
import json
import os
import pwd
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import BUILD, TOP, Tap, finish, scratch  # noqa: E402

if os.geteuid() != 0:
    print("needs root to become other users")
    sys.exit(77)

IMAGES = os.environ.get("IMAGES") or os.path.join(BUILD, "demo")
NOBODY = 54321  # nobody has this id
USER = "thresh-test"
tap = Tap()
# Where another user may look: the build and the images may lie behind a closed door.
place = scratch("users")
os.chmod(place, 0o755)
for path in ("src/cli/thresh", "src/agent/thresh-agent", "src/init/thresh-init"):
    os.makedirs(os.path.join(place, os.path.dirname(path)), exist_ok=True)
    shutil.copy(os.path.join(BUILD, path), os.path.join(place, path))
THRESH = os.path.join(place, "src/cli/thresh")
made = subprocess.run([os.path.join(TOP, "tools/images/make-image"), "flask", IMAGES], stdin=subprocess.DEVNULL,
                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
if made.returncode:
    print(f"Bail out! no image: {made.stdout}")
    sys.exit(1)
shutil.copytree(os.path.join(IMAGES, "flask"), os.path.join(place, "flask"))
subprocess.run(["chmod", "-R", "a+rX", os.path.join(place, "flask")], check=True)


def user_there():
    """A user of this machine with 65536 ids, or None."""
    try:
        with open("/etc/subuid", encoding="utf-8") as lines:
            for line in lines:
                name, _, count = line.strip().split(":")
                if int(count) >= 65536 and name != "root" and not name.isdigit():
                    return pwd.getpwnam(name)
    except (OSError, ValueError, KeyError):
        pass
    return None


def user_with_range():
    """That one, or one made for the tests, and whether it was made here; under the lock of tests/sandbox/as.sh, which makes the same."""
    with open("/tmp/thresh-test.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if user_there():
            return user_there(), False
        new = subprocess.run(["id", "-u", USER], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode != 0
        if new and subprocess.run(["useradd", "--no-create-home", "--shell", "/usr/sbin/nologin", USER], check=False).returncode:
            return None, False
        if not user_there():
            subprocess.run(["usermod", "--add-subuids", "300000-365535", "--add-subgids", "300000-365535", USER], check=True)
        return user_there(), new


def as_user(uid, gid, *words):
    return ["setpriv", "--reuid", str(uid), "--regid", str(gid), "--clear-groups", *words]


def in_namespace(ids, limit, *words):
    """Words that run @words as root of a user namespace that maps 0 to @ids - 1; @limit: of nested ones, or "-"."""
    script = os.path.join(place, "namespace.py")
    with open(script, "w", encoding="utf-8") as stream:
        stream.write("""import ctypes, os, sys
ids, limit = sys.argv[1:3]
(there, here), (go, went) = os.pipe(), os.pipe()
pid = os.fork()
if pid == 0:
    if ctypes.CDLL(None).unshare(0x10020000):
        os._exit(99)
    os.write(here, b"x")
    os.read(go, 1)
    if limit != "-":
        open("/proc/sys/user/max_user_namespaces", "w").write(limit)
    os.execvp(sys.argv[3], sys.argv[3:])
os.read(there, 1)
for name in ("uid_map", "gid_map"):
    open(f"/proc/{pid}/{name}", "w").write(f"0 0 {ids}\\n")
os.write(went, b"x")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
""")
    return [sys.executable, script, str(ids), str(limit), *words]


def home(name, owner=0):
    path = os.path.join(place, name)
    if not os.path.isdir(path):
        os.mkdir(path, 0o755)
        os.chown(path, owner, owner)
    return path


def thresh(before, where, *arguments, **more):
    env = {k: v for k, v in os.environ.items() if k != "SOURCE_DATE_EPOCH"}
    env.update(HOME=where, THRESH_CACHE=os.path.join(where, "cache"), TMPDIR=where, CI="1")
    process = subprocess.Popen([*before, THRESH, *arguments], env=env, cwd=where, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)
    done = finish(process)
    return done


def digest(where):
    try:
        with open(os.path.join(where, "sealed/index.json"), encoding="utf-8") as stream:
            return json.load(stream)["manifests"][0]["digest"]
    except OSError:
        return None


def harden(name, before, where):
    done = thresh(before, where, "harden", f"oci:{place}/flask", "oci:sealed", "--probe", "http://:8080/")
    problem = done.problem(0)
    if not problem and digest(where) != want:
        problem = f"another digest than root's: {digest(where)}"
    tap.point(f"{name} hardens to the same digest", problem, done.log)
    return problem is None


def steps(name, before, where):
    """The other commands that open a sandbox."""
    done = thresh(before, where, "trace", f"oci:{place}/flask", "profile.json", "--probe", "http://:8080/")
    tap.point(f"{name} traces", done.problem(0), done.log)
    done = thresh(before, where, "replay", f"oci:{place}/flask", "oci:sealed", "--probe", "http://:8080/")
    tap.point(f"{name} replays", done.problem(0), done.log)
    done = thresh(before, where, "run", "oci:sealed", "--", "python3", "-c", "import os; print(os.getuid(), os.access('/srv', 2))")
    told = "65532 False\n"
    tap.point(f"{name} runs", done.problem(0) or (None if done.out == told else f"it says {done.out!r}"), done.log)


def refused(name, before, where, *texts):
    done = thresh(before, where, "harden", f"oci:{place}/flask", "oci:sealed", "--probe", "http://:8080/")
    lines = [line for line in done.err.splitlines() if "harden:   " not in line]
    problem = done.problem(7, *texts) or (None if len(lines) == 1 else "more than one line of error")
    tap.point(f"{name}: one error that names the way out", problem, done.log)


root = home("root")
done = thresh([], root, "harden", f"oci:{place}/flask", "oci:sealed", "--probe", "http://:8080/")
want = digest(root)
tap.point("root hardens", done.problem(0), done.log)

ranged, ranged_is_new = user_with_range() if shutil.which("newuidmap") else (None, False)
if ranged:
    ids = (ranged.pw_uid, ranged.pw_gid)
    where = home("ranged", ids[0])
    if harden("a user with a range", as_user(*ids), where):
        steps("a user with a range", as_user(*ids), where)
else:
    print("1..0 # SKIP no newuidmap (package uidmap)")
    sys.exit(1 if os.environ.get("CI") else 77)
where = home("single", NOBODY)
if harden("a user without a range", as_user(NOBODY, NOBODY), where):
    steps("a user without a range", as_user(NOBODY, NOBODY), where)

harden("root of a namespace of one id", ["unshare", "-Urm"], home("one"))
harden("a user's root of a namespace of one id", as_user(NOBODY, NOBODY, "unshare", "-Urm"), home("one-user", NOBODY))
harden("root of a namespace of 65536 ids", in_namespace(65536, "-"), home("many"))
harden("root of one that may nest no further", in_namespace(65536, 0), home("many-alone"))
refused("root of one id that may nest no further", in_namespace(1, 0), home("one-alone"), "user.max_user_namespaces")
refused("a user where there are no namespaces", in_namespace(65536, 0, *as_user(NOBODY, NOBODY)),
        home("alone", NOBODY), "user.max_user_namespaces")
refused("a user whom the namespace does not map", as_user(NOBODY, NOBODY, "unshare", "-U"), home("unmapped", NOBODY),
        "unshare --map-root-user")

if ranged_is_new and not os.environ.get("CI"):  # there another run may use it by now
    subprocess.run(["userdel", USER], check=False)
tap.end()
