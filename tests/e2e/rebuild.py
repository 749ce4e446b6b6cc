#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`thresh verify --rebuild`: sealed images are made again from their source and recipe alone, byte for byte; what differs is
named; who changes image, source or recipe gains nothing. REBUILD_NAMES: which whole images are taken.
# timeout: 900
"""
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
from registry_server import Registry  # noqa: E402
from support import (CONFIG, TOP, Tap, base, blob, digest, environment, file, index, layout, put, scratch,  # noqa: E402
                     snapshot, tar, thresh, with_image)

NAMES = (os.environ.get("REBUILD_NAMES") or "static redis-entry").split()
IMAGES = os.environ["IMAGES"]
RECIPE = "application/vnd.thresh.recipe.v1+json"
SECRET = "hunter2-is-secret"
tap = Tap()
os.chdir(scratch("rebuild"))


def rule(image, *options, env=None):
    """(exit status, outcome, reason and findings) of the rule `rebuild`."""
    done = thresh("verify", image, "--rebuild", "--format", "json", *options, env=env)
    if done.status not in (0, 1):
        return done.status, "", done.err
    result = next(r for r in json.loads(done.out)["results"] if r["rule"] == "rebuild")
    return done.status, result["outcome"], "\n".join([result.get("reason") or "", *result.get("findings", [])])


def same(name, image, source, *options, env=None):
    got = rule(image, "--source", source, *options, env=env)
    tap.point(name, None if got[:2] == (0, "PASS") else got[:2], got[2])


def other(name, want, text, image, *options, env=None):
    """It is not the same: exit status 1, @want, and a line that has @text."""
    got = rule(image, *options, env=env)
    fine = got[:2] == (1, want) and text in got[2]
    tap.point(name, None if fine else f"{got[:2]}, want {want} and \"{text}\"", got[2])


def recipe_of(directory):
    entry = next(e for e in index(directory)["manifests"] if e.get("artifactType") == RECIPE)
    return json.loads(blob(directory, json.loads(blob(directory, entry["digest"]))["layers"][0]["digest"]))


def with_recipe(name, change):
    """sealed.json of `sealed` as changed by @change(recipe)."""
    recipe = recipe_of("sealed")
    change(recipe)
    with open(name, "w", encoding="utf-8") as stream:
        json.dump(recipe, stream)
    return name


# --- whole images ---

for name in NAMES:
    subprocess.run([os.path.join(TOP, "tools/images/make-image"), name, IMAGES], check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL)
    done = thresh("harden", f"oci:{IMAGES}/{name}:latest", f"oci:{name}:latest")
    tap.point(f"{name}: hardened", done.problem(0), done.log)
    before = snapshot(f"{IMAGES}/{name}"), snapshot(name)
    same(f"{name}: made again, it is the same", f"oci:{name}:latest", f"oci:{IMAGES}/{name}:latest")
    tap.point(f"{name}: neither image was touched",
              None if before == (snapshot(f"{IMAGES}/{name}"), snapshot(name)) else "they were")

# --- every option that shapes an image, and what a replay taught ---

with open("thresh.yaml", "w", encoding="utf-8") as stream:
    stream.write("""keep: {/srv/kept/**: by the test}
keep-logs: [/var/log/app.log]
arbitrary-user: true
healthcheck: health file /app
writable: {sizes: {/tmp: 32M}, links-max: 1M}
commands: {refuse: {uname *: by the test}}
""")
with open("secret", "w", encoding="utf-8") as stream:
    stream.write(SECRET)
layout("plain", [base(file("etc/root.conf", b"root\n"), file("etc/user.conf", b"user\n"), file("srv/kept/50%.txt", b"x"),
                      file("srv/gone", b"x"))], dict(CONFIG, Cmd=["serve"]))
layout("similar", [base(file("etc/root.conf", b"root\n"))], dict(CONFIG, Cmd=["serve"]))
done = thresh("harden", "oci:plain:latest", "oci:sealed:latest", "--config", "thresh.yaml", "--preset", "strict", "--volume", "/data",
              "--secret", "id=token,src=secret", "--env", "PASSWORD=also-a-secret", "--compress", "gzip", "--out", "out", "--",
              "by-uid")
tap.point("with all options: hardened", done.problem(0), done.log)
recipe = recipe_of("sealed")
tap.point("the recipe has what a replay taught", None if recipe["lessons"]["missed"] == ["/etc/user.conf"] else recipe["lessons"])
tap.point("and no secret, nor a variable's value", "it has" if SECRET in json.dumps(recipe) or "also-a" in json.dumps(recipe) else
          None)
with open("out/recipe.json", "rb") as stream:
    tap.point("--out has the same bytes", None if stream.read() == json.dumps(recipe, sort_keys=True, separators=(",", ":"),
                                                                               ensure_ascii=False).encode() else "other ones")
same("with all options: made again, it is the same", "oci:sealed:latest", "oci:plain:latest")
for compression, epoch in (("zstd", 5), ("none", 1800000000)):
    done = thresh("cut", "oci:plain:latest", f"oci:{compression}:latest", "--profile", "out/profile.json", "--compress", compression,
                  env=environment(SOURCE_DATE_EPOCH=epoch))
    tap.point(f"cut with {compression} and a time of its own", done.problem(0), done.log)
    same(f"made again with {compression}", f"oci:{compression}:latest", "oci:plain:latest")

# --- wherever the two lie ---

for kind in ("oci-archive", "docker-archive"):
    for one in ("sealed", "plain"):
        thresh("copy", f"oci:{one}:latest", f"{kind}:{one}.{kind}")
same("an archive, with the recipe of --out", "oci-archive:sealed.oci-archive", "oci-archive:plain.oci-archive", "--recipe",
     "out/recipe.json")
same("a docker archive has no manifest: config and layers are the same", "docker-archive:sealed.docker-archive",
     "oci:plain:latest", "--recipe", "out/recipe.json")
other("an archive without a recipe", "SKIP", "no recipe lies beside it", "oci-archive:sealed.oci-archive", "--source",
      "oci:plain:latest")
with Registry() as registry:
    for one in ("plain", "sealed"):
        done = thresh("push", f"oci:{one}:latest", registry.reference(one), "--insecure")
        tap.point(f"{one}: pushed", done.problem(0), done.log)
    same("at a registry", registry.reference("sealed"), registry.reference("plain"), "--insecure")
if os.getuid() == 0:
    done = subprocess.run(["unshare", "--user", "--map-user=65534", "--", os.environ["THRESH"], "verify", "oci:sealed:latest", "--source",
                           "oci:plain:latest", "--rebuild"], env=environment(THRESH_CACHE=scratch("other-cache")),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    tap.point("without any privilege", None if done.returncode == 0 else done.returncode, done.stdout + done.stderr)

# --- what is not the same ---

PLAIN = ("--source", "oci:plain:latest")


def change_file(directory, manifest, config):
    layer = manifest["layers"][-1]
    data = tar(file("etc/user.conf", b"evil\n"), file("etc/more.conf", b"more\n"))
    put(directory, data)
    manifest["layers"].append(dict(layer, mediaType="application/vnd.oci.image.layer.v1.tar", digest=digest(data), size=len(data)))
    config["rootfs"]["diff_ids"].append(digest(data))
    config["history"].append({"comment": "more"})


def change_user(_, __, config):
    config["config"]["User"] = "65533:65533"


changed = f'oci:{with_image("sealed", "changed", change_file)}:latest'
other("one file changed", "FAIL", "/etc/user.conf has other content when it is made again", changed, *PLAIN)
other("one file added", "FAIL", "/etc/more.conf is not there when it is made again", changed, *PLAIN)
other("one layer added", "FAIL", "layers, and made again", changed, *PLAIN)
other("one field of the config", "FAIL", "config.User is \"65533:65533\", and made again \"65532:65532\"",
      f'oci:{with_image("sealed", "user", change_user)}:latest', *PLAIN)
other("another source", "FAIL", "by its recipe it was made from sha256:", "oci:sealed:latest", "--source", "oci:similar:latest")
other("no source", "SKIP", "--source says", "oci:sealed:latest")
other("an image that thresh did not make", "NA", "thresh did not make", "oci:plain:latest", *PLAIN)
shutil.copytree(os.environ["BUILD"] + "/src/init", "libexec", symlinks=False, ignore=lambda _, names: set(names) - {"thresh-init"})
with open("libexec/thresh-init", "ab") as stream:
    stream.write(b"\0")
agent = os.path.join(os.environ["BUILD"], "src/agent/thresh-agent")
shutil.copy(agent, "libexec/thresh-agent")
other("another thresh-init", "FAIL", "it was made with another thresh-init: sha256:", "oci:sealed:latest", *PLAIN,
      env=environment(THRESH_LIBEXEC=os.path.abspath("libexec")))
with open("zlib.c", "w", encoding="utf-8") as stream:
    stream.write("""#define _GNU_SOURCE
#include <dlfcn.h>
#include <zlib.h>
const char *zlibVersion(void) { return "1.2.99"; }
int deflateInit2_(z_streamp s, int level, int method, int bits, int memory, int strategy, const char *version, int size)
{
	int (*next)(z_streamp, int, int, int, int, int, const char *, int) = dlsym(RTLD_NEXT, "deflateInit2_");
	(void)level;
	return next(s, 1, method, bits, memory, strategy, version, size);
}
""")
subprocess.run(["cc", "-shared", "-fPIC", "-o", "zlib.so", "zlib.c"], check=True)
if "libasan" not in subprocess.run(["ldd", os.environ["THRESH"]], capture_output=True, text=True, check=True).stdout:
    ZLIB = environment(LD_PRELOAD=os.path.abspath("zlib.so"))
    other("another zlib, which packs otherwise", "FAIL", "another zlib: 1.", "oci:sealed:latest", *PLAIN, env=ZLIB)
    other("the layer that differs is named", "FAIL", "layer 1 is sha256:", "oci:sealed:latest", *PLAIN, env=ZLIB)

# --- recipes that were tampered with ---


def lessons(recipe):
    recipe["lessons"]["missed"] = []


for name, want, change in (
        ("without a lesson", "/etc/user.conf", lessons),
        ("with another preset", "made again", lambda r: r["options"].update(preset="safe", keep=[])),
        ("with a path that is none", "\"missed\" is not an array of clean absolute paths",
         lambda r: r["lessons"].update(missed=["/../etc"])),
        ("with a volume at the root", "\"volumes\" is not", lambda r: r["options"].update(volumes=["/"])),
        ("with an unknown member", "unknown member \"more\"", lambda r: r.update(more=1)),
        ("of another version", "\"version\" is not 1", lambda r: r.update(version=2)),
        ("without a profile", "recipe: not a profile", lambda r: r.pop("profile")),
        ("whose profile is of another image", "and --source is", lambda r: r["profile"].update(image="sha256:" + "0" * 63 + "1"))):
    other(f"a recipe {name}", "FAIL", want, "oci:sealed:latest", *PLAIN, "--recipe", with_recipe("changed.json", change))
with open("changed.json", "w", encoding="utf-8") as stream:
    stream.write("{")
other("a recipe that is no JSON", "FAIL", "not JSON", "oci:sealed:latest", *PLAIN, "--recipe", "changed.json")
got = rule("oci:sealed:latest", *PLAIN, "--recipe", "absent.json")
tap.point("a recipe that is not there", None if got[0] == 3 and "absent.json" in got[2] else got)
tap.end()
