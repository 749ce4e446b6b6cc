#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# timeout: 400
"""thresh harden ended by a signal at any moment, without room, without rights, beside itself: no process, mount or
temporary directory is left, the destination is the old image or the new one, and nothing else is touched."""
import json
import os
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import (PATIENCE, Tap, adopt_orphans, base, blob, cache, environment, executing, file, finish, layout, leftovers,  # noqa: E402
                     manifest_of, orphans, scratch, snapshot, start, thresh, until)

tap = Tap()
adopt_orphans()
place = scratch("interrupted")
os.chdir(place)
root = os.geteuid() == 0


def mounts():
    with open("/proc/self/mounts", encoding="utf-8") as stream:
        return {line for line in stream if place in line or cache() in line}


def settled(stale_allowed):
    """None when nothing of a run is left, after some patience."""
    def problem_():
        left = orphans()
        stale = leftovers(place, cache(), os.path.join(place, "out")) if not stale_allowed else []
        return (f"processes are left: {left}" if left else f"left behind: {stale}" if stale else
                f"mounts are left: {mounts()}" if mounts() else None)
    return None if until(lambda: not problem_()) else problem_()


def whole(directory):
    """Whether each blob of the layout's images is there and right."""
    with open(f"{directory}/index.json", encoding="utf-8") as stream:
        index = json.load(stream)
    if not index["manifests"]:
        return "no image"
    check = subprocess.run("cd blobs/sha256 && for f in *; do echo \"$f  $f\"; done | sha256sum -c --quiet", shell=True,
                           cwd=directory, stderr=subprocess.PIPE, check=False)
    if check.returncode != 0:
        return "a blob is not what its name says"
    manifest = manifest_of(directory)
    for one in manifest["layers"] + [manifest["config"]]:
        blob(directory, one["digest"])
    return None


source = layout("source", [base(file("etc/data", os.urandom(3 << 20)))])
done = thresh("harden", f"oci:{source}", "oci:out", env=environment())
tap.point("a first run", done.problem(0) or settled(False), done.log)
old = snapshot("out")
began = time.monotonic()
done = thresh("harden", f"oci:{source}", "oci:out", env=environment())
length = time.monotonic() - began
tap.point("the same again gives the same bytes", done.problem(0) or (None if snapshot("out") == old else "it differs"), done.log)

# --- signals: the same source, so that old and new are one image, and a second one, so that they are not ---

newer = layout("newer", [base(file("etc/other", os.urandom(1 << 20)))])
thresh("harden", f"oci:{newer}", "oci:expected", env=environment())
after = manifest_of("expected")
before = manifest_of("out")
MOMENTS = 6


def interrupted(number, i):
    """One run that is sent the signal at the moment @i of MOMENTS, the last of which is about its end. Where it has ended before an
    earlier one, the machine is quicker by now: again, sooner."""
    global length
    cold = i % 3 == 2
    env = environment(THRESH_CACHE=os.path.join(place, "cold")) if cold else environment()
    while True:
        if cold:
            subprocess.run(["rm", "-rf", "cold"], check=True)
            os.mkdir("cold", 0o700)
        process = start("harden", f"oci:{newer}", "oci:out", env=env, start_new_session=True)
        time.sleep(length * 1.1 * i / (MOMENTS - 1))
        # as a terminal does it, or as a supervisor does it
        try:
            if i % 2:
                os.killpg(process.pid, number)
            else:
                os.kill(process.pid, number)
        except ProcessLookupError:
            pass
        done = finish(process)
        if done.status != 0 or i >= MOMENTS - 2:
            return done
        length /= 2


for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL):
    problem, log, ended = None, "", 0
    for i in range(MOMENTS):
        done = interrupted(number, i)
        ended += done.status != 0
        want = (0, 128 + number, -number)
        problem = (f"moment {i}: exit status {done.status}" if done.status not in want else None) \
            or settled(number == signal.SIGKILL) or whole("out") \
            or (None if manifest_of("out") in (before, after) else f"moment {i}: another image")
        log = done.log
        if done.status == 0:
            shutil.rmtree("out")
            thresh("harden", f"oci:{source}", "oci:out", env=environment())
        if problem:
            break
    if not problem and ended < MOMENTS // 2:
        problem = f"only {ended} of {MOMENTS} were interrupted"
    tap.point(f"{signal.Signals(number).name} at {MOMENTS} moments", problem, log)

done = thresh("harden", f"oci:{newer}", "oci:out", env=environment())
tap.point("the next run after SIGKILL removes what was left", done.problem(0) or settled(False) or whole("out"), done.log)
subprocess.run(["rm", "-rf", "cold"], check=True)


def in_workload(number):
    """A run that gets the signal in a workload which is longer than anybody waits here."""
    if os.path.exists("begun"):
        os.unlink("begun")
    process = start("harden", f"oci:{source}", "oci:fresh", "--workload", f"touch {place}/begun; sleep 3600", env=environment(),
                    start_new_session=True)
    until(lambda: os.path.exists("begun") or process.poll() is not None)
    process.send_signal(number)
    return finish(process)


done = in_workload(signal.SIGTERM)
tap.point("a destination that was not there is not there", (None if done.status == 143 else f"exit status {done.status}")
          or settled(False) or ("it is there" if os.path.exists("fresh") else None), done.log)
done = in_workload(signal.SIGINT)
tap.point("SIGINT ends a workload too", (None if done.status == 130 else f"exit status {done.status}") or settled(False), done.log)

# --- run ---


for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
    process = start("run", "oci:out", env=environment(), start_new_session=True)
    alive = until(lambda: executing(process.pid, "/app") or process.poll() is not None) and process.poll() is None
    process.send_signal(number)
    done = finish(process)
    want = {signal.SIGINT: (130, 0), signal.SIGTERM: (143, 0), signal.SIGKILL: (-9,)}[number]
    tap.point(f"{signal.Signals(number).name} to thresh run", (None if alive else "it did not run") or
              (None if done.status in want else f"exit status {done.status}") or settled(number == signal.SIGKILL), done.log)

# --- side by side ---


def side_by_side(count, name, destinations, env):
    running = [start("harden", f"oci:{source}", f"oci:{destinations[i]}", env=env) for i in range(count)]
    results = [finish(process_) for process_ in running]
    problem_ = next((r.problem(0) for r in results if r.problem(0)), None) or settled(False)
    problem_ = problem_ or next((whole(d) for d in set(destinations) if whole(d)), None)
    if not problem_ and len({json.dumps(manifest_of(d)) for d in destinations}) != 1:
        problem_ = "they differ"
    tap.point(name, problem_, "\n".join(r.log for r in results if r.status != 0))


os.mkdir("cold", 0o700)
side_by_side(2, "two at once, the cache cold", ["pair-0", "pair-1"], environment(THRESH_CACHE=os.path.join(place, "cold")))
side_by_side(4, "four at once, one destination", ["four"] * 4, environment())

# --- the cache, damaged ---


def entries(directory):
    return [os.path.join(where, name) for where, _, names in os.walk(directory) for name in names if name == "index"]


def damaged(name, damage):
    for index in entries("cold"):
        damage(index)
    done_ = thresh("harden", f"oci:{source}", "oci:out", env=environment(THRESH_CACHE=os.path.join(place, "cold")))
    tap.point(f"the cache: {name}", done_.problem(0) or settled(False) or whole("out"), done_.log)


def truncate(path):
    os.truncate(path, os.path.getsize(path) // 2)


def garbage(path):
    with open(path, "r+b") as stream:
        stream.seek(os.path.getsize(path) // 2)
        stream.write(b"\xff" * 64)


damaged("its index cut off", truncate)
damaged("its index full of garbage", garbage)
damaged("its index empty", lambda path: os.truncate(path, 0))
damaged("its root removed", lambda path: subprocess.run(["rm", "-rf", os.path.dirname(path) + "/root"], check=True))
damaged("its index removed", os.unlink)
damaged("a file of its root removed", lambda path: os.unlink(os.path.dirname(path) + "/root/app"))
damaged("a file of its root changed", lambda path: garbage(os.path.dirname(path) + "/root/app"))

# --- rights and room ---


def refused(name, *texts, destination="out", env=None, status=3, source_=source, options=()):
    before_ = snapshot(place)
    done_ = thresh("harden", *options, f"oci:{source_}", destination if ":" in destination else f"oci:{destination}",
                   env=env or environment())
    problem_ = done_.problem(status, *texts) or settled(False)
    if not problem_ and snapshot(place) != before_:
        problem_ = "something was written"
    tap.point(name, problem_, done_.log)


refused("no directory for the destination", "nowhere", destination="nowhere/out")
os.mkdir("other")
with open("other/precious", "w", encoding="ascii") as stream:
    stream.write("precious\n")
refused("a destination that holds something else", "other", destination="other")
refused("a destination that is a file", "other/precious", destination="other/precious")
refused("an archive over something else", "other/precious", destination="oci-archive:other/precious")
refused("the destination is the source", "source", destination="source", status=2)
refused("the destination is the source, another way", "source", destination="./other/../source/", status=2)
refused("a source that is sealed already", "sealed already", "out", source_="out", destination="again")
done = thresh("harden", f"oci:{source}", f"oci:{source}:sealed", env=environment())
tap.point("another tag beside the source", done.problem(0) or whole(source), done.log)
shutil.rmtree(source)
source = layout("source", [base(file("etc/data", os.urandom(3 << 20)))])
os.mkdir("linked")
os.symlink("../other", "linked/out")
refused("a destination that is a link to something else", "other", destination="linked/out")
with open("a-file", "w", encoding="ascii") as stream:
    stream.write("x")
refused("THRESH_CACHE is a file", "a-file", env=environment(THRESH_CACHE=os.path.join(place, "a-file")))
os.mkdir("open", 0o777)
os.chmod("open", 0o777)
refused("THRESH_CACHE that others can write to", "open", "THRESH_CACHE", env=environment(THRESH_CACHE=os.path.join(place, "open")))
refused("--out is a file", "a-file", options=["--out", "a-file"])
os.mkdir("evidence")
with open("other/target", "w", encoding="ascii") as stream:
    stream.write("precious\n")
os.symlink("../other/target", "evidence/profile.json")
os.symlink("../other/target", "evidence/summary.json")
done = thresh("harden", f"oci:{source}", "oci:out", "--out", "evidence", env=environment())
with open("other/target", encoding="ascii") as stream:
    tap.point("--out does not write through links", done.problem(0) or
              (None if stream.read() == "precious\n" else "it did"), done.log)

if root:
    os.mkdir("foreign", 0o700)
    os.chown("foreign", 12345, 12345)
    refused("THRESH_CACHE of another owner", "foreign", env=environment(THRESH_CACHE=os.path.join(place, "foreign")))

    def on_tmpfs(name, size, run, options="mode=755"):
        """In a mount namespace of its own, so that nothing is left whatever happens."""
        os.makedirs("small", exist_ok=True)
        done_ = subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c",
                                f"mount -t tmpfs -o size={size},{options} none small && {run}"], env=environment(),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, timeout=PATIENCE)
        tap.point(name, None if done_.returncode == 0 else f"exit status {done_.returncode}", done_.stdout + done_.stderr)

    HARDEN = "${THRESH:?} harden oci:source"
    on_tmpfs("no room at the destination", "1M", f"""
        {HARDEN} oci:small/out 2>log; status=$?; cat log; ls -A small
        [ $status = 3 ] && grep -q 'No space left' log && grep -q small log && [ -z "$(ls -A small)" ]""")
    on_tmpfs("no room beside the old image, which stays", "5M", f"""
        {HARDEN} oci:small/out && cp -a small/out kept && {HARDEN.replace('source', 'newer')} oci:small/out:2 2>log
        echo $?; {HARDEN} oci-archive:small/big.tar 2>log; status=$?; cat log; ls -lA small; diff -r kept small/out >&2
        same=$?; rm -rf kept; [ $status = 3 ] && grep -q 'No space left' log && [ $(ls -A small | wc -l) -le 2 ]""")
    on_tmpfs("no room in the cache", "1M", f"""
        mkdir -m 700 small/c; THRESH_CACHE=$PWD/small/c {HARDEN} oci:small-out 2>log; status=$?; cat log
        [ $status = 3 ] && grep -q 'No space left' log && [ ! -e small-out ] && [ "$(find small -name root.new)" = "" ]""")
    on_tmpfs("no room for --out", "16k", f"""
        {HARDEN} oci:small-out --out small/evidence 2>log; status=$?; cat log; ls -lR small
        [ $status != 0 ] && grep -q 'small/evidence' log && [ ! -e small-out ]""")
    on_tmpfs("a read-only destination", "5M", f"""
        mount -o remount,ro small; {HARDEN} oci:small/out 2>log; status=$?; cat log
        [ $status = 3 ] && grep -qi 'read-only' log && grep -q small log""")
    on_tmpfs("a read-only cache", "5M", f"""
        mkdir -m 700 small/c; mount -o remount,ro small; THRESH_CACHE=$PWD/small/c {HARDEN} oci:ro-out 2>log; status=$?
        cat log; [ $status = 3 ] && grep -qi 'read-only' log && [ ! -e ro-out ]""")
    tap.point("and nothing is left of all that", settled(False))
tap.end()
