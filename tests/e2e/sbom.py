#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The documents of `thresh sbom` and the package database of a sealed image, against the layers as Python's tarfile reads
them, and before judges that were not written here (tests/judges/npm). SBOM_NAMES: which images; tests/full/sbom takes more.
# timeout: 900
"""
import hashlib
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
from judges import JUDGES, judges_ready  # noqa: E402
from support import BUILD, THRESH, TOP, Tap, environment, merged, scratch, thresh  # noqa: E402

NAMES = (os.environ.get("SBOM_NAMES") or "nginx").split()
PROBES = {"nginx": ["--probe", "http://:80/"], "flask": ["--probe", "http://:8080/"], "node": ["--probe", "http://:3000/"]}
SCHEMAS = os.environ.get("THRESH_SCHEMAS") or os.path.join(TOP, "..", "shared", "schemas")
FORMATS = [("spdx", None), ("spdx3", None), ("cyclonedx", "1.5"), ("cyclonedx", "1.6"), ("cyclonedx", "1.7")]
IMAGES = os.environ["IMAGES"]
tap = Tap()
os.chdir(scratch("sbom"))


# --- the documents, read by nothing of thresh: path → sha256, and the packages ---

def cyclonedx_files(components):
    for component in components:
        if component["type"] == "file":
            yield component["name"], component["hashes"][0]["content"]
        yield from cyclonedx_files(component.get("components", []))


def listed(kind, document):
    if kind == "spdx":
        return [(f["fileName"][1:], next(c["checksumValue"] for c in f["checksums"] if c["algorithm"] == "SHA256"))
                for f in document["files"]]
    if kind == "spdx3":
        return [(e["name"], e["verifiedUsing"][0]["hashValue"]) for e in document["@graph"] if e["type"] == "software_File"]
    return list(cyclonedx_files(document["components"]))


def purls(kind, document):
    if kind == "spdx":
        return [r["referenceLocator"] for p in document["packages"] for r in p.get("externalRefs", [])]
    if kind == "spdx3":
        return [e["software_packageUrl"] for e in document["@graph"] if "software_packageUrl" in e]
    return [c["purl"] for c in document["components"] if "purl" in c]


def recount(kind, document, files):
    entries = listed(kind, document)
    have = dict(entries)
    if len(have) != len(entries):
        return "a path is listed twice"
    missing, invented = sorted(set(files) - set(have)), sorted(set(have) - set(files))
    wrong = sorted(p for p in have if p in files and have[p] != files[p][1])
    if missing or invented or wrong:
        return f"missing {missing[:5]}, invented {invented[:5]}, wrong digest {wrong[:5]} of {len(files)}"
    return None


# SPDX demands the SHA-1 of each file and a code over them (clauses 8.4 and 7.9).
def sha1_problem(document, files):
    owned = {}
    by_id = {}
    for entry in document["files"]:
        sha1 = next(c["checksumValue"] for c in entry["checksums"] if c["algorithm"] == "SHA1")
        kind, _, content = files[entry["fileName"][1:]]
        if kind == "file" and hashlib.sha1(content).hexdigest() != sha1:
            return f"{entry['fileName']}: SHA1"
        by_id[entry["SPDXID"]] = sha1
    for relation in document["relationships"]:
        if relation["relatedSpdxElement"] in by_id:
            owned.setdefault(relation["spdxElementId"], []).append(by_id[relation["relatedSpdxElement"]])
    if sum(len(o) for o in owned.values()) != len(by_id):
        return "a file has no owner or two"
    for package in document["packages"]:
        code = package.get("packageVerificationCode", {}).get("packageVerificationCodeValue")
        sums = list(by_id.values()) if package["SPDXID"] == "SPDXRef-Image" else owned.get(package["SPDXID"], [])
        if code != (hashlib.sha1("".join(sorted(sums)).encode()).hexdigest() if sums else None):
            return f"{package['name']}: verification code"
    return None


# --- judges ---

READY, WHY_NOT = judges_ready()


def judge(kind, *files):
    """None, or the defects; a skip is a string that begins with SKIP."""
    if kind != "purl" and not os.path.isdir(SCHEMAS):
        return "SKIP the schemas are not at hand (../shared/schemas)"
    if not READY:
        return f"SKIP {WHY_NOT}"
    done = subprocess.run(["node", "judge.mjs", SCHEMAS, kind, *(os.path.abspath(f) for f in files)], cwd=READY,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return None if done.returncode == 0 else done.stdout[-2000:] or f"exit {done.returncode}"


def judged(name, problem):
    if problem and problem.startswith("SKIP"):
        tap.count += 1
        print(f"ok {tap.count} - {name} # {problem}", flush=True)
    else:
        tap.point(name, problem.splitlines()[0] if problem else None, problem or "")


KINDS = {"spdx": "spdx23", "spdx3": "spdx301", "cyclonedx": "cyclonedx"}


def documents(name, image, files):
    found = {}
    for kind, version in FORMATS:
        label = kind + (f" {version}" if version else "")
        file = f"{name}.{kind}{version or ''}.json"
        options = ["--cyclonedx-version", version] if version else []
        done = thresh("sbom", f"oci:{image}", "--format", kind, *options, "--output", file)
        if not tap.point(f"{name}: {label}", done.problem(0), done.log):
            continue
        with open(file, encoding="utf-8") as stream:
            document = json.load(stream)
        tap.point(f"{name}: {label}: every file of the layers, and no other", recount(kind, document, files))
        judged(f"{name}: {label}: valid", judge(KINDS[kind], file))
        found[kind] = document
    tap.point(f"{name}: SHA-1 and verification codes", sha1_problem(found["spdx"], files))
    said = [sorted(purls(kind, document)) for kind, document in found.items()]
    tap.point(f"{name}: the formats name the same packages", None if all(s == said[0] for s in said) else "they do not")
    return found


def purl_problem(names):
    parsed = subprocess.run([os.path.join(BUILD, "tests/unit/evidence/purl-lines")], input="".join(json.dumps(n) + "\n" for n in names),
                            stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    with open("purls", "w", encoding="utf-8") as stream:
        stream.writelines(f"{name}\t{fields}\n" for name, fields in zip(names, parsed))
    return judge("purl", "purls")


# --- the package database of the sealed image ---

def database_problem(files, found):
    directory = "/var/lib/dpkg/status.d/"
    names = {p[len(directory):] for p in files if p.startswith(directory) and not p.endswith(".md5sums")}
    if not names:
        return "no package is left"
    for name in names:
        for line in files[f"{directory}{name}.md5sums"][2].decode().splitlines():
            md5, path = line.split("  ", 1)
            if "/" + path not in files:
                return f"{name}: {path} is a ghost"
            if hashlib.md5(files["/" + path][2]).hexdigest() != md5:
                return f"{name}: {path}: another checksum"
    debs = {c["name"]: c for c in found["cyclonedx"]["components"] if c.get("purl", "").startswith("pkg:deb/")}
    if set(debs) != names:
        return f"the document names {sorted(set(debs) ^ names)} otherwise"
    empty = [n for n, c in debs.items() if not c["components"]]
    return f"without a file: {empty}" if empty else None


def reasons_problem(found):
    for component in found["cyclonedx"]["components"]:
        for file in [component] if component["type"] == "file" else component.get("components", []):
            names = {p["name"] for p in file["properties"]}
            if "thresh:reason" not in names:
                return f"{file['name']}: no reason"
    return None


# A source and a copy of it elsewhere, at another time, in another place.
def same_bytes(image):
    shutil.copytree(image, "copy", dirs_exist_ok=True)
    outputs = []
    for reference, env in ((image, {}), ("copy", {"TZ": "Pacific/Auckland", "LANG": "tr_TR.UTF-8"})):
        done = subprocess.run([THRESH, "sbom", f"oci:{reference}:latest", "--format", "spdx3"], env=environment(**env),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True)
        outputs.append(done.stdout)
    return None if outputs[0] == outputs[1] else "they differ"


def out_problem(name, directory):
    for ours, theirs in ((f"{name}.spdx.json", "sbom.spdx.json"), (f"{name}.spdx3.json", "sbom.spdx3.json"),
                         (f"{name}.cyclonedx1.6.json", "sbom.cdx.json")):
        with open(ours, "rb") as one, open(os.path.join(directory, theirs), "rb") as other:
            if one.read() != other.read():
                return f"{theirs} differs"
    return None


def damaged_are_refused(name):
    problems = []
    for kind, file, damage in (
            ("cyclonedx", f"{name}.cyclonedx1.6.json", lambda d: d["components"][1].update(type="nonsense")),
            ("spdx23", f"{name}.spdx.json", lambda d: d["files"][0].pop("checksums")),
            ("spdx301", f"{name}.spdx3.json", lambda d: d["@graph"][-1].update(relationshipType="nonsense")),
            ("shacl", f"{name}.spdx3.json", lambda d: d["@graph"][-1].pop("creationInfo"))):
        with open(file, encoding="utf-8") as stream:
            document = json.load(stream)
        damage(document)
        with open("damaged.json", "w", encoding="utf-8") as stream:
            json.dump(document, stream)
        said = judge(kind, "damaged.json")
        if said and said.startswith("SKIP"):
            return said
        if not said:
            problems.append(kind)
    return f"passed by {problems}" if problems else None


every = set()
for name in NAMES:
    subprocess.run([os.path.join(TOP, "tools/images/make-image"), name, IMAGES], check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL)
    source = os.path.join(IMAGES, name)
    found = documents(name, source, merged(source))
    every.update(purls("spdx", found["spdx"]))
    sealed = f"{name}-sealed"
    done = thresh("harden", f"oci:{source}", f"oci:{sealed}:latest", *PROBES.get(name, []), "--out", f"{name}-out")
    if not tap.point(f"{name}: hardens", done.problem(0), done.log):
        continue
    files = merged(sealed)
    found = documents(sealed, f"{sealed}:latest", files)
    every.update(purls("spdx", found["spdx"]))
    judged(f"{sealed}: spdx3: SHACL", judge("shacl", f"{sealed}.spdx3.json"))
    tap.point(f"{sealed}: --out has the same documents", out_problem(sealed, f"{name}-out"))
    tap.point(f"{sealed}: the package database is true", database_problem(files, found))
    tap.point(f"{sealed}: every file has a reason", reasons_problem(found))
judged("package URLs, by packageurl-js", purl_problem(sorted(every)))
judged("damaged documents are refused", damaged_are_refused(f"{NAMES[0]}-sealed"))
tap.point("the same bytes elsewhere", same_bytes(f"{NAMES[0]}-sealed"))
tap.end()
