#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# timeout: 400
"""Applications that misbehave: thresh says what is wrong with the exit status of the design, ends everything that it
started, and leaves the destination as it was; or, where misbehaviour does no harm, hardens the image."""
import json
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import (CONFIG, Tap, adopt_orphans, base, environment, file, layout, leftovers, orphans, processes, scratch,  # noqa: E402
                     snapshot, thresh, until)

tap = Tap()
adopt_orphans()
place = scratch("hostile")
os.chdir(place)


def application(*arguments, layers=(), **config):
    return layout(f"app-{tap.count}", [base(*layers)], dict(CONFIG, Cmd=list(arguments), **config))


def settings(text):
    name = f"settings-{tap.count}.yaml"
    with open(name, "w", encoding="utf-8") as stream:
        stream.write(text)
    return ["--config", name]


def quiet():
    """What thresh started must be gone a moment after it."""
    return None if until(lambda: not orphans()) else f"processes are left: {orphans()}"


def harden(name, directory, status, *texts, options=(), check=None, destination="out", env=None):
    before = snapshot(place)
    began = time.monotonic()
    done = thresh("harden", *options, f"oci:{directory}", f"oci:{destination}", env=env)
    problem = done.problem(status, *texts) or quiet()
    if not problem and status and snapshot(place) != before:
        problem = "something was written"
    if not problem and leftovers(place, environment()["THRESH_CACHE"]):
        problem = f"left behind: {leftovers(place, environment()['THRESH_CACHE'])}"
    if not problem and check:
        problem = check(done)
    tap.point(f"{name} ({time.monotonic() - began:.1f} s)", problem, done.log)
    return done


harden("an ordinary one", application("serve"), 0)

# --- it does not become ready: 4 ---

harden("it exits at once with 3", application("exit", "3"), 4, "exited with status 3")
harden("it crashes", application("crash"), 4, "killed by signal", "about to crash")
harden("it never listens", application("silent"), 4, "does not listen", "I say nothing", options=["--timeout", "8"])
harden("it does not listen on the probed port", application("serve"), 4, "probed port", "8080",
       options=["--timeout", "8", "--probe", "http://:9999/"])
harden("it exits 0 at once, and a probe was asked for", application("exit", "0"), 4, "exited with status 0",
       options=["--probe", "http://:8080/"])

# --- what drives it fails: 3 ---

harden("the workload fails on the original", application("serve"), 3, "workload", "exit status 7",
       options=["--workload", "exit 7"])
harden("the workload is not there", application("serve"), 3, "workload", "127", options=["--workload", "/no/such/thing"])
harden("the workload never ends", application("serve"), 3, "workload", "not done after",
       options=[*settings("timeouts: {workload: 2}"), "--workload", "sleep 1000"])
harden("the workload leaves processes behind", application("serve"), 0,
       options=["--workload", f"(exec -a left-{os.getpid()} sleep 1000) & disown; true"], check=lambda _: (
           "they run on" if processes(f"left-{os.getpid()}") else None))
with open("root.py", "w", encoding="ascii") as stream:
    stream.write("import os, sys, urllib.request\n"
                 "url = f\"http://{os.environ['THRESH_HOST']}:{os.environ['THRESH_PORT']}/\"\n"
                 "sys.exit(urllib.request.urlopen(url).read() != b'one\\n')\n")
harden("the workload succeeds on the original alone, which is root", application("by-uid", layers=[file("etc/root.conf", b"x")]), 5, "workload",
       options=["--workload", f"python3 {place}/root.py"])

# --- its answers ---

harden("headers without end", application("headers"), 3, "header above 64 KiB", options=["--probe", "http://:8080/"])
harden("a body without end is cut, not followed", application("endless"), 0, options=["--probe", "http://:8080/"])
harden("an answer that never comes to its end", application("slow"), 3, "8080",
       options=[*settings("timeouts: {request: 1}"), "--probe", "http://:8080/"])

harden("it answers later than the original", application("late"), 0)
harden("a second port is opened while the first is asked", application("second-port"), 0)

# --- what it does to the machine ---

harden("SIGTERM is ignored", application("stubborn"), 0, options=settings("timeouts: {stop: 1}"))
harden("it forks without end", application("fork"), 0, options=settings("sandbox: {processes: 100}"))
harden("it floods standard output", application("flood"), 0)
harden("it fills the disk", application("fill"), 0, options=[*settings("sandbox: {scratch: 64M}"), "--probe", "http://:8080/"])


def nothing_allowed(_):
    with open("escape.txt", encoding="ascii") as stream:
        text = stream.read()
    allowed = [line for line in text.splitlines() if "ALLOWED" in line]
    return f"{allowed}" if allowed or "core_pattern: refused" not in text else None


with open("get.py", "w", encoding="ascii") as stream:
    stream.write("import os, sys, urllib.request\n"
                 "url = f\"http://{os.environ['THRESH_HOST']}:{os.environ['THRESH_PORT']}/\"\n"
                 f"open('{place}/escape.txt', 'ab').write(urllib.request.urlopen(url).read())\n")
open("escape.txt", "w", encoding="ascii").close()
pattern = open("/proc/sys/kernel/core_pattern", encoding="ascii").read()
harden("it tries to get out", application("escape"), 0, options=["--workload", f"python3 {place}/get.py"], check=nothing_allowed)
tap.point("the host's core_pattern is as it was",
          None if open("/proc/sys/kernel/core_pattern", encoding="ascii").read() == pattern else "it was changed")
harden("it installs a seccomp listener of its own", application("listener"), 3, "seccomp listener", "of its own")

# --- shell entry points whose shell cannot be started, since its loader is not there: the error names it ---

with open("/bin/dash", "rb") as stream:
    shell = stream.read()
scripts = [file("bin/sh", shell, 0o755), file("bin/bash", shell, 0o755),
           file("docker-entrypoint.sh", b"#!/bin/sh\nexec \"$@\"\n", 0o755),
           file("start", b"#! /usr/bin/env bash\nexec /app serve\n", 0o755), file("opt/launcher", shell, 0o755)]
for entrypoint, named in ((["sh", "-c", "exec /app serve"], "sh: not found in PATH"), (["/bin/sh", "-c", "/app serve"], "/bin/sh"),
                          (["/bin/bash", "-c", "/app serve"], "/bin/bash"), (["/opt/launcher", "-c", "x"], "/opt/launcher"),
                          (["/docker-entrypoint.sh"], "/docker-entrypoint.sh"), (["/start"], "/start")):
    image = layout(f"shell-{tap.count}", [base(*scripts)], dict(CONFIG, Entrypoint=entrypoint))
    harden(f"a shell entry point that does not start: {' '.join(entrypoint)}", image, 3, named, image)
image = layout("shell-command", [base(*scripts)], dict(CONFIG, Entrypoint=None, Cmd=["sh", "-c", "exec /app serve"]))
harden("a shell as Cmd that does not start", image, 3, "sh: not found in PATH")
done = thresh("harden", f"oci:{image}", "oci:out-command", "--", "/app", "serve")
tap.point("and the way out that is named", done.problem(0), done.log)

# --- what is asked for wrongly: 2 and 3 ---

good = application("serve")
for name, text, texts in (
        ("no YAML", "preset: [", ["settings-"]),
        ("an unknown key", "presett: strict", ["presett", "preset"]),
        ("a value of the wrong type", "rounds: many", ["rounds"]),
        ("two documents", "preset: strict\n---\npreset: safe\n", ["document"]),
        ("a bomb of aliases", "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
            f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)), [".yaml"]),
        ("an absurd size", "writable: {sizes: {/tmp: 99999999999999999999T}}", ["/tmp"])):
    harden(f"thresh.yaml: {name}", good, 2, *texts, options=settings(text))
harden("thresh.yaml that is not there", good, 3, "nowhere.yaml", options=["--config", "nowhere.yaml"])

os.mkdir("evidence")
harden("for its profile", good, 0, options=["--out", "evidence"], destination="sealed")
with open("evidence/profile.json", encoding="utf-8") as stream:
    profile = json.load(stream)


def bad_profile(name, *texts, text=None, **change):
    file_name = f"profile-{tap.count}.json"
    with open(file_name, "w", encoding="utf-8") as stream_:
        stream_.write(text if text is not None else json.dumps(dict(profile, **change)))
    harden(f"a profile: {name}", good, 3, file_name, *texts, options=["--profile", file_name])


bad_profile("cut off", text=json.dumps(profile)[:200])
bad_profile("empty", text="")
bad_profile("no profile", text="{}")
bad_profile("of another version", "version", version=999)
bad_profile("of the wrong types", paths=7)
bad_profile("nested without end", text="[" * 100000)
other = layout("other", [base(file("etc/other", b"x"))])
harden("a profile of another image", other, 3, "profile of image", options=["--profile", "evidence/profile.json"])
harden("a profile that is not there", good, 3, "nowhere.json", options=["--profile", "nowhere.json"])

# --- sealed images and their documents, spoilt ---

for verb, arguments in (("run", ["oci:app-0"]), ("manifest", ["oci:app-0", "--target", "podman"]),
                        ("replay", ["oci:app-0", "oci:app-0"])):
    done = thresh(verb, *arguments)
    tap.point(f"{verb} of an image that thresh did not seal", done.problem(3, "oci:app-0"), done.log)


def relabel(change):
    """The sealed image with other labels, its digests right."""
    name = f"relabelled-{tap.count}"
    with open("sealed/index.json", encoding="utf-8") as stream_:
        index = json.load(stream_)

    def read(digest):
        with open(f"sealed/blobs/{digest.replace(':', '/')}", "rb") as stream_:
            return stream_.read()
    manifest = json.loads(read(index["manifests"][0]["digest"]))
    config = json.loads(read(manifest["config"]["digest"]))
    change(config["config"])

    def bend(documents):
        documents["config"] = config
        documents["manifest"]["layers"] = manifest["layers"]
    layout(name, [], change=bend)
    for layer in manifest["layers"]:
        with open(f"{name}/blobs/{layer['digest'].replace(':', '/')}", "wb") as stream_:
            stream_.write(read(layer["digest"]))
    return name


def spoil_labels(value):
    def change(config):
        config["Labels"] = {key: value if "seal" in key else old for key, old in config["Labels"].items()}
    return change


for name, value in (("empty", ""), ("no JSON", "{"), ("another type", "[]"), ("without members", "{}"),
                    ("of another version", "{\"version\": 999}"), ("nested without end", "[" * 100000)):
    image = relabel(spoil_labels(value))
    for verb, arguments in (("run", [f"oci:{image}"]), ("manifest", [f"oci:{image}", "--target", "kubernetes"])):
        done = thresh(verb, *arguments)
        tap.point(f"{verb}: a seal that is {name}", done.problem(3, image, "seal"), done.log)

for name in ("why", "diff"):
    done = thresh(name, "oci:nowhere", "oci:nowhere" if name == "diff" else "/app")
    tap.point(f"{name} of an image that is not there", done.problem(3, "nowhere"), done.log)
tap.end()
