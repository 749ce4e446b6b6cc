#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`thresh sbom` and `thresh verify` on images as others make them: layers that hide and replace, names that are no text, and what a rule must see
where nobody looks. The inventory is counted again here, from the layers alone.
"""
import hashlib
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
from support import (CONFIG, Tap, entry, file, finish, hard_link, index, layout, merged, put_json, scratch, start, symlink, tar,  # noqa: E402
                     tarfile, thresh, write_index)

tap = Tap()
os.chdir(scratch("foreign"))
KEY = (b"-----BEGIN RSA PRIVATE KEY-----\n"
       b"MIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn/ygWyF8PbnGy0AHB7MhgwMbRvI0MBZhpI\n-----END RSA PRIVATE KEY-----\n")
USER = {"Entrypoint": ["/app"], "User": "1000:1000"}


def directory(name, mode=0o755):
    return entry(name, tarfile.DIRTYPE, mode)


def in_documents(path):
    """docs/sbom.md: what is no UTF-8, and U+FFFD itself, byte by byte."""
    return "".join(c if c not in "\ufffd" and not "\udc80" <= c <= "\udcff" else
                   "".join(f"\ufffd{byte:02X}" for byte in c.encode("utf-8", "surrogateescape")) for c in path)


def listed(name):
    """The (name, SHA-256) of the files of each format, sorted, or what thresh said."""
    found = {}
    for form in ("spdx", "spdx3", "cyclonedx"):
        done = thresh("sbom", f"oci:{name}", "--format", form)
        if done.status:
            return done.log
        found[form] = sorted(of_document(form, json.loads(done.out)))
    return found


def of_document(form, document):
    if form == "spdx":
        return [(f["fileName"][1:], f["checksums"][1]["checksumValue"]) for f in document["files"]]
    if form == "spdx3":
        return [(e["name"], e["verifiedUsing"][0]["hashValue"]) for e in document["@graph"] if e["type"] == "software_File"]
    return [(c["name"], c["hashes"][0]["content"]) for c in flat(document["components"]) if c["type"] == "file"]


def flat(components):
    for component in components:
        yield component
        yield from flat(component.get("components", []))


def identifiers(form, document):
    if form == "spdx":
        return [x["SPDXID"] for x in document["packages"] + document["files"]]
    if form == "spdx3":
        return [x["spdxId"] for x in document["@graph"] if "spdxId" in x]
    return [c["bom-ref"] for c in flat(document["components"])]


def counted(name, *layers, media="tar+gzip"):
    layout(name, layers, CONFIG, media=media)
    want = sorted((in_documents(path), digest) for path, (_, digest, _) in merged(name).items())
    got = listed(name)
    if isinstance(got, str):
        tap.point(name, "no document", got)
        return
    wrong = [form for form in got if got[form] != want]
    tap.point(f"{name}: {len(want)} files, each once", None if not wrong else f"{wrong} differ",
              "\n".join(map(str, set(want).symmetric_difference(got[wrong[0]]))) if wrong else "")


# --- layers ---

counted("whiteouts",
        tar(directory("a"), file("a/gone", b"1"), file("a/kept", b"2"), directory("b"), file("b/x", b"3"), directory("b/c"), file("b/c/y", b"4")),
        tar(file("a/.wh.gone"), directory("b"), file("b/.wh..wh..opq"), file("b/new", b"5")),
        tar(file(".wh.nothing"), file("a/gone", b"again")))
counted("kinds-that-change",
        tar(file("f", b"1"), directory("d"), file("d/below", b"2"), symlink("l", "f"), hard_link("h", "f")),
        tar(directory("f"), file("f/inside", b"3"), file("d", b"4"), file("l", b"5")),
        tar(file("h", b"6")))
counted("links-across-layers", tar(file("one", b"1"), file("two", b"2")), tar(hard_link("three", "one")), tar(file("one", b"other"), file(".wh.two")))
counted("names", tar(directory("n"), file("n/new\nline", b"1"), file("n/" + "a" * 255, b"2"), file("n/tab\t\"\\", b"3"), file("n/\x07", b"4"),
                     file("n/\udcff", b"5"), file("n/%FF", b"6"), file("n/\u00e9", b"7"), symlink("n/to", "\udcff"),
                     entry("n/fifo", tarfile.FIFOTYPE), entry("n/null", tarfile.CHRTYPE, devmajor=1, devminor=3)))
counted("empty-layers", tar(), tar(file("only", b"")), tar())
counted("many", tar(*[file(f"m/{i // 100}/{i}", str(i).encode()) for i in range(5000)]), media="tar")

# --- where a package was found ---

APK = b"C:Q1\nP:glibc\nV:2.39-r0\nA:x86_64\no:glibc\nF:usr/lib\nR:libc.so.6\n\n"
layout("wolfi", [tar(file("etc/os-release", b"ID=wolfi\n"), file("usr/lib/apk/db/installed", APK), file("usr/lib/libc.so.6", b"c"))], CONFIG)
named = {c.get("purl"): c for c in json.loads(thresh("sbom", "oci:wolfi", "--format", "cyclonedx").out)["components"]}
found = [p["value"] for p in named.get("pkg:apk/wolfi/glibc@2.39-r0?arch=x86_64&distro=wolfi", {}).get("properties", []) if p["name"] == "thresh:found"]
tap.point("a database that lies elsewhere is named", None if found == ["/usr/lib/apk/db/installed"] else f"{found} {sorted(map(str, named))}")

# --- where a long document goes ---

with open("/dev/full", "wb") as full:
    done = thresh("sbom", "oci:many", stdout=full)
tap.point("a full disk is named", done.problem(7, "standard output: No space left on device"), done.log)
closing = start("sbom", "oci:many", stdout=subprocess.PIPE)
closing.stdout.read(1)
closing.stdout.close()
closing.stdout = None
done = finish(closing)
tap.point("a reader that has seen enough is no error", done.problem(0), done.log)
os.symlink("elsewhere", "link")
os.mkfifo("pipe")
with subprocess.Popen(["cat", "pipe"], stdout=subprocess.PIPE) as reader:
    done = thresh("sbom", "oci:names", "--output", "pipe")
    tap.point("a pipe is written to", done.problem(0) or (None if reader.stdout.read().endswith(b"}\n") and os.path.exists("pipe") else "it is not"), done.log)
done = thresh("sbom", "oci:names", "--output", "/dev/stdout")
tap.point("/dev/stdout is, too", done.problem(0) or (None if done.out.endswith("}\n") else "it is not"), done.log)
done = thresh("sbom", "oci:names", "--output", "link")
tap.point("what a link leads to is left alone", done.problem(0) or (None if not os.path.exists("elsewhere") else "it is not"), done.log)

# --- metadata that says a thing twice ---

INSTALLED = json.dumps([{"name": "a/b", "version": "1.0"}] * 2).encode()
layout("twice", [tar(file("vendor/composer/installed.json", INSTALLED), file("vendor/a/b/x.php", b"<?php"))], CONFIG)
for form in ("spdx", "spdx3", "cyclonedx"):
    named = identifiers(form, json.loads(thresh("sbom", "oci:twice", "--format", form).out))
    tap.point(f"a package that is listed twice is one: {form}", None if len(named) == len(set(named)) else sorted(n for n in named if named.count(n) > 1))


# --- an image of several platforms, signed in place ---

layout("platforms", [tar(file("app", b"x", 0o755))], USER)
document = index("platforms")
document["manifests"][0].pop("annotations")
document["manifests"] = [{"mediaType": "application/vnd.oci.image.index.v1+json", **put_json("platforms", document),
                          "annotations": {"org.opencontainers.image.ref.name": "latest"}}]
write_index("platforms", document)
thresh("key", "new", "--no-password", "k")
for verb in ("sign", "attest"):
    done = thresh(verb, "oci:platforms:latest", "--key", "k.key")
    tap.point(f"{verb}: one of several platforms", done.problem(0), done.log)
done = thresh("verify", "oci:platforms:latest", "--key", "k.pub", "--format", "json")
found = {r["rule"]: r for r in json.loads(done.out)["results"]}
for name in ("index", "signature", "inventory"):
    tap.point(f"{name} of one of several platforms", None if found[name]["outcome"] == "PASS" else found[name])
done = thresh("copy", "oci:platforms:latest", "oci:copied:latest")
found = {r["rule"]: r["outcome"] for r in json.loads(thresh("verify", "oci:copied:latest", "--key", "k.pub", "--format", "json").out)["results"]}
tap.point("a copy of it", done.problem(0) or (None if [found[n] for n in ("index", "signature", "inventory")] == ["PASS"] * 3 else found), done.log)

# --- names that are no UTF-8: each is another in documents too ---

layout("alike", [tar(*(file(n, n.encode("utf-8", "surrogateescape")) for n in ("n\udcff", "n\udcfe", "n\ufffdFF", "n\ufffd", "n%FF", "n\\xff")))], CONFIG)
names = [n for n, _ in listed("alike")["spdx3"]]
tap.point("names that are no UTF-8 stay apart", None if sorted(names) == sorted(
    ["/n\ufffdFF", "/n\ufffdFE", "/n\ufffdEF\ufffdBF\ufffdBDFF", "/n\ufffdEF\ufffdBF\ufffdBD", "/n%FF", "/n\\xff"]) else names)
thresh("attest", "oci:alike", "--key", "k.key")
thresh("sbom", "oci:alike", "--output", "alike.json")
with open("alike.json", encoding="utf-8") as stream:
    document = json.load(stream)
document["files"][0]["checksums"][1]["checksumValue"] = document["files"][1]["checksums"][1]["checksumValue"]
with open("alike.json", "w", encoding="utf-8") as stream:
    json.dump(document, stream)
for outcome in ("PASS", "FAIL"):
    found = {r["rule"]: r for r in json.loads(thresh("verify", "oci:alike", "--key", "k.pub", "--format", "json").out)["results"]}["inventory"]
    tap.point(f"inventory of names that are no UTF-8: {outcome}", None if found["outcome"] == outcome else found)
    thresh("attest", "oci:alike", "--key", "k.key", "--type", "spdx", "--predicate", "alike.json")

# --- what verify must see ---

def rule(name, wanted, outcome, text, layers, config=None, change=None):
    shutil.rmtree("image", ignore_errors=True)
    layout("image", layers, config or USER, change=change)
    done = thresh("verify", "oci:image", "--format", "json")
    found = {r["rule"]: r for r in json.loads(done.out)["results"]}[wanted] if done.out else {"outcome": done.log}
    fine = found["outcome"] == outcome and (not text or text in " ".join(found["findings"]))
    tap.point(name, None if fine else f"{found['outcome']}, want {outcome} {text}", found)


APP = file("app", b"x", 0o755)
rule("a key that a later layer removes", "no-secrets", "FAIL", "/root/key of layer 1, which a later one hides: a private key",
     [tar(APP, file("root/key", KEY)), tar(file("root/.wh.key"))])
rule("a key that a later layer replaces", "no-secrets", "FAIL", "of layer 1", [tar(APP, file("k", KEY)), tar(file("k", b"no more"))])
rule("a key in a directory that is opaque later", "no-secrets", "FAIL", "of layer 2",
     [tar(APP), tar(directory("d"), file("d/k", KEY)), tar(directory("d"), file("d/.wh..wh..opq"))])
PROGRAM = b"\x7fELF\2\1\1" + bytes(9) + b"\2\0>\0" + KEY
SUMS = (hashlib.md5(PROGRAM).hexdigest() + "  usr/lib/libtls.so\n").encode()
LIST = "var/lib/dpkg/info/libtls.md5sums"
rule("a key in a program that a later layer removes", "no-secrets", "FAIL", "libtls.so of layer 1",
     [tar(APP, file("usr/lib/libtls.so", PROGRAM)), tar(file("usr/lib/.wh.libtls.so"))])
rule("the same as the distribution shipped it", "no-secrets", "PASS", None,
     [tar(APP, file("usr/lib/libtls.so", PROGRAM), file(LIST, SUMS)), tar(file("usr/lib/.wh.libtls.so"), file("var/lib/dpkg/info/.wh.libtls.md5sums"))])
rule("nothing secret, removed", "no-secrets", "PASS", None, [tar(APP, file("k", b"text")), tar(file(".wh.k"))])
rule("a token in the history", "no-secrets", "FAIL", "config: history.0.created_by: a GitHub token", [tar(APP)],
     change=lambda d: d["config"].update(history=[{"created_by": "RUN git clone https://ghp_" + "a1B2" * 9 + "@example.org"}]))
with open(os.path.realpath("/bin/dash"), "rb") as stream:
    SHELL = file("usr/bin/helper", stream.read(), 0o755)
CHECK = {"Healthcheck": {"Test": ["CMD", "/usr/bin/helper", "-c", "true"]}}
rule("a health check by a shell under another name", "health", "FAIL", "needs a shell", [tar(APP, SHELL)], dict(USER, **CHECK))
rule("a health check by a program", "health", "PASS", None, [tar(APP, file("usr/bin/helper", b"x" * 20, 0o755))], dict(USER, **CHECK))
rule("two names for root", "credentials", "FAIL", "toor", [tar(APP, file("etc/passwd", b"root:x:0:0::/:\ntoor:x:0:0::/:\n"))])
for name, kind in (("SCHILY.xattr.security.capability", "SCHILY"), ("LIBARCHIVE.xattr.security.capability", "libarchive")):
    capable = file("usr/bin/ping", b"x" * 20, 0o755, pax_headers={name: "AQAAAgAEAAAAAAAAAAAAAAAAAAA=" if kind == "libarchive" else "\x01\x00\x00\x02"})
    rule(f"file capabilities by {kind}'s attribute", "no-file-capabilities", "FAIL", "/usr/bin/ping", [tar(APP, capable)])


def program(search):
    """An ELF file with that RUNPATH."""
    with open("p.c", "w", encoding="ascii") as stream:
        stream.write("int main(void) { return 0; }\n")
    subprocess.run(["gcc", "-nostdlib", "-shared", "-fPIC", "-Wl,--enable-new-dtags", f"-Wl,-rpath,{search}", "-o", "p", "p.c"], check=True)
    with open("p", "rb") as stream:
        return stream.read()


for search, outcome in (("/tmp/lib", "FAIL"), ("$ORIGIN/../../tmp/lib", "FAIL"), ("/run/x", "FAIL"), ("$ORIGIN/../lib", "PASS"), ("/usr/lib/app", "PASS"), ("lib", "FAIL")):
    rule(f"libraries in {search}", "libraries", outcome, search if outcome == "FAIL" else None,
         [tar(APP, file("usr/bin/p", program(search), 0o755), file("usr/lib/app/x", b""))])
tap.end()
