#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""rpm's databases: what rpm itself installs, in SQLite's and in ndb's form, is read as rpm says it; damaged ones are read without
harm, and the document says that it does not know.
# timeout: 300
"""
import json
import os
import random
import shutil
import sqlite3
import struct
import subprocess
import sys
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
from support import Tap, entry, file, layout, scratch, symlink, tar, tarfile, thresh  # noqa: E402

if not shutil.which("rpmbuild"):
    print("rpmbuild is not installed")
    sys.exit(77)
tap = Tap()
os.chdir(scratch("rpm"))
SPEC = """Name: {name}
Epoch: {epoch}
Version: 1.2
Release: 3
Summary: a package
License: MIT
BuildArch: noarch
AutoReqProv: no
%description
One.
%install
mkdir -p %{{buildroot}}/opt/{name}
for i in $(seq {count}); do echo {name} $i >%{{buildroot}}/opt/{name}/file$i; done
%files
/opt/{name}
{more}
"""
# so many that the table has inner pages
MORE = "".join(f"%package -n sub{i}\nSummary: none\n%description -n sub{i}\nNone.\n%files -n sub{i}\n" for i in range(80))


def run(*argv):
    return subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True).stdout


def build():
    for name, epoch, count in (("small", 0, 2), ("large", 4, 600)):
        with open(f"{name}.spec", "w", encoding="ascii") as stream:
            stream.write(SPEC.format(name=name, epoch=epoch, count=count, more=MORE if epoch else ""))
        run("rpmbuild", "-bb", "--define", f"_topdir {os.getcwd()}/build", f"{name}.spec")
    top = "build/RPMS/noarch"
    return [os.path.join(top, name) for name in os.listdir(top)]


def installed(backend, packages):
    """A root with rpm's database in that form, and what rpm says is in it."""
    root = os.path.abspath(backend)
    options = ["--root", root, "--define", f"_db_backend {backend}", "--dbpath", "/usr/lib/sysimage/rpm"]
    os.makedirs(root)
    run("rpm", *options, "--initdb")
    run("rpm", *options, "--nodeps", "--noscripts", "-i", *[os.path.abspath(p) for p in packages])
    said = run("rpm", *options, "-qa", "--qf", "%{NAME} %{EPOCHNUM}:%{VERSION}-%{RELEASE}\\n").splitlines()
    return root, sorted(said)


def image_of(name, root, change=None):
    """An image of the root; @change(path, bytes) may spoil a file."""
    entries = [entry("var", tarfile.DIRTYPE), entry("var/lib", tarfile.DIRTYPE),
               symlink("var/lib/rpm", "../../usr/lib/sysimage/rpm"),
               file("etc/os-release", b"ID=fedora\nVERSION_ID=40\n")]
    for top, _, names in os.walk(root):
        for one in sorted(names):
            path = os.path.join(top, one)
            with open(path, "rb") as stream:
                content = stream.read()
            relative = os.path.relpath(path, root)
            if one.startswith(".") or one.endswith(("-shm", ".lock")):
                continue
            entries.append(file(relative, change(relative, content) if change else content))
    return layout(name, [tar(*entries)], media="tar")


def document(image):
    done = thresh("sbom", f"oci:{image}", "--format", "cyclonedx")
    return done, json.loads(done.out) if done.status == 0 else None


def problem_of(found, said):
    components = [c for c in found["components"] if c.get("purl", "").startswith("pkg:rpm/fedora/")]
    have = sorted(f"{c['name']} {c['version'] if ':' in c['version'] else '0:' + c['version']}" for c in components)
    if have != said:
        return f"packages {have}, rpm says {said}"
    for component in components:
        for one in component["components"]:
            verdict = next(p["value"] for p in one["properties"] if p["name"] == "thresh:distribution-checksum")
            if verdict != "equal":
                return f"{one['name']}: {verdict}"
    counts = {c["name"]: len(c["components"]) for c in components if not c["name"].startswith("sub")}
    if counts != {"small": 2, "large": 600}:
        return f"files {counts}"
    purl = next(c["purl"] for c in components if c["name"] == "large")
    if purl != "pkg:rpm/fedora/large@1.2-3?arch=noarch&distro=fedora-40&epoch=4":
        return purl
    return None if found["compositions"][0]["aggregate"] == "complete" else "not complete"


# What a database that lies may do: an answer, or an error of input, and never a crash.
def survives(name, root, marker, seed):
    generator = random.Random(seed)

    def spoil(path, content):
        if marker not in path:
            return content
        data = bytearray(content)
        for _ in range(generator.choice((1, 10, 100))):
            data[generator.randrange(len(data))] ^= 1 << generator.randrange(8)
        if generator.random() < 0.3:
            del data[generator.randrange(len(data)):]
        return bytes(data)
    image = image_of(name, root, spoil)
    done, found = document(image)
    shutil.rmtree(image)
    return None if done.problem(0) is None and found["components"] else done.log


def ndb_of(path):
    """The headers of an SQLite database in ndb's form (rpm, lib/backend/ndb/rpmpkg.c): rpm of Debian cannot write that."""
    with sqlite3.connect(path) as database:
        headers = [row[0] for row in database.execute("SELECT blob FROM Packages ORDER BY hnum")]
    database.close()
    slots, blobs = [], b""
    for number, header in enumerate(headers, 1):
        blob = b"BlbS" + struct.pack("<III", number, 1, len(header)) + header
        blob += bytes(-(len(blob) + 12) % 16) + struct.pack("<II", zlib.adler32(blob), len(header)) + b"BlbE"
        slots.append(b"Slot" + struct.pack("<III", number, (4096 + len(blobs)) // 16, len(blob) // 16))
        blobs += blob
    slots += [b"Slot" + bytes(12)] * (4096 // 16 - 2 - len(slots))
    return b"RpmP" + struct.pack("<IIII", 0, 1, 1, len(headers) + 1) + bytes(12) + b"".join(slots) + blobs


root, said = installed("sqlite", build())
directory = os.path.join(root, "usr/lib/sysimage/rpm")
path = os.path.join(directory, "rpmdb.sqlite")
with sqlite3.connect(path) as database:  # what rpm left in the log goes into the file, as an image's build ends
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
database.close()
for backend, name in (("sqlite", "rpmdb.sqlite"), ("ndb", "Packages.db")):
    if backend == "ndb":
        content = ndb_of(path)
        for one in os.listdir(directory):
            os.unlink(os.path.join(directory, one))
        with open(os.path.join(directory, name), "wb") as stream:
            stream.write(content)
    done, found = document(image_of(f"{backend}-image", root))
    if tap.point(f"{backend}: a document", done.problem(0), done.log):
        tap.point(f"{backend}: packages, files and digests as rpm says", problem_of(found, said))
    failures = [f"seed {seed}: {log}" for seed in range(12) for log in [survives("spoilt", root, name, seed)] if log]
    tap.point(f"{backend}: damaged databases", failures[0] if failures else None)
done, found = document(image_of("cut", root, lambda path, content: content[:5000] if "Packages.db" in path else content))
tap.point("what is not read is not called complete",
          None if found and found["compositions"][0]["aggregate"] == "incomplete" else done.log[:2000])
tap.end()
