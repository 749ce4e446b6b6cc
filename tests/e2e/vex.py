#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`thresh vex`, `harden --vulnerabilities` and the rule vex of `thresh verify`: what is said of what removal left, before judges
that were not written here (tests/judges/npm), and documents that the layers contradict. The data are written here.
# timeout: 600
"""
import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import resource
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
from judges import judges_ready  # noqa: E402
from support import CONFIG, TOP, Tap, base, blob, file, layout, scratch, thresh  # noqa: E402

SCHEMAS = os.environ.get("THRESH_SCHEMAS") or os.path.join(TOP, "..", "shared", "schemas")
READY, WHY_NOT = judges_ready()
tap = Tap()
os.chdir(scratch("vex"))


def write(name, value):
    with open(name, "w", encoding="utf-8") as stream:
        stream.write(value if isinstance(value, str) else json.dumps(value))
    return name


def read(name):
    with open(name, encoding="utf-8") as stream:
        return json.load(stream)


# --- an image of Debian's with four packages, of which hardening leaves one whole and of another its configuration ---

PACKAGES = {  # name: (source, version, its files: path → content)
    "served": ("served", "2.0-1", {"app": None}),
    "dash": ("dash", "0.5.12-2", {"usr/bin/thing": b"#!/bin/x\n", "usr/share/doc/dash/copyright": b"c\n"}),
    "openssl": ("openssl", "3.0.8-1", {"usr/bin/openssl-tool": b"#!/bin/y\n", "etc/part.conf": b"part\n"}),
    "libssl3": ("openssl", "3.0.8-1+b1", {"usr/lib/libssl.so.3": b"library\n"}),
}


def database():
    status, entries = "", []
    for name, (source, version, files) in PACKAGES.items():
        stated = source if version == PACKAGES["openssl"][1] else f"{source} ({version.split('+b')[0]})"
        status += f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\nSource: {stated}\n\n"
        listed = "".join(f"/{path}\n" for path in files)
        entries.append(file(f"var/lib/dpkg/info/{name}.list", listed.encode()))
        for path, content in files.items():
            if content is not None:
                entries.append(file(path, content, 0o755 if "/bin/" in path else 0o644))
    release = b'ID=debian\nVERSION_ID="12"\nNAME="Debian GNU/Linux"\nVERSION_CODENAME=bookworm\n'
    return [*entries, file("var/lib/dpkg/status", status.encode()), file("etc/os-release", release)]


layout("source", [base(*database())], CONFIG)
layout("other", [base(*database(), file("more", b"x"))], CONFIG)


# --- data ---

def released(status, fixed=None):
    return {"releases": {"bookworm": {"status": status, **({"fixed_version": fixed} if fixed else {})},
                         "trixie": {"status": "open"}}}


write("tracker.json", {
    "bash": {"CVE-2099-9999": released("open")},
    "dash": {"CVE-2099-0001": released("open"), "CVE-2099-0002": released("resolved", "0.5.11-1"),
             "CVE-2099-0003": released("undetermined")},
    "openssl": {"CVE-2023-0464": released("resolved", "3.0.9-1"), "CVE-2023-0465": released("resolved", "0")},
    "served": {"CVE-2099-0004": released("open"), "CVE-2099-0005": released("resolved", "2.0-1"),
               "CVE-2099-0006": released("undetermined"), "CVE-2099-0007": released("resolved", "2.0-1+deb12u1")}})
write("osv.json", [
    {"id": "DEBIAN-CVE-2099-0001", "modified": "2026-01-01T00:00:00Z", "upstream": ["CVE-2099-0001"],
     "affected": [{"package": {"ecosystem": "Debian:12", "name": "dash"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}]},
    {"id": "DSA-9999-1", "modified": "2026-01-01T00:00:00Z", "affected": [
        {"package": {"ecosystem": "Debian:11", "name": "served"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}]}])
DATA = ["--vulnerabilities", "tracker.json", "--vulnerabilities", "osv.json"]
WANT = {
    ("CVE-2023-0464", "not_affected", "component_not_present", "libssl3"),
    ("CVE-2023-0464", "not_affected", "vulnerable_code_not_present", "openssl"),
    ("CVE-2099-0001", "not_affected", "component_not_present", "dash"),
    ("CVE-2099-0003", "not_affected", "component_not_present", "dash"),
    ("CVE-2099-0004", "affected", None, "served"),
    ("CVE-2099-0005", "fixed", None, "served"),
    ("CVE-2099-0006", "under_investigation", None, "served"),
    ("CVE-2099-0007", "affected", None, "served"),
}


# --- documents, read by nothing of thresh ---

def said(document):
    found = set()
    for statement in document["statements"]:
        for product in statement["products"]:
            for component in product["subcomponents"]:
                found.add((statement["vulnerability"]["name"], statement["status"], statement.get("justification"),
                           component["@id"].split("/")[2].split("@")[0]))
    return found


def said_by_cyclonedx(document):
    states = {"not_affected": "not_affected", "exploitable": "affected", "resolved": "fixed", "in_triage": "under_investigation"}
    components = {c["bom-ref"]: c for c in document["components"]}
    found = set()
    for one in document["vulnerabilities"]:
        status = states[one["analysis"]["state"]]
        for component in (components.get(a["ref"]) for a in one["affects"]):
            if component:
                gone = component.get("scope") == "excluded"
                why = None if status != "not_affected" else "component_not_present" if gone else "vulnerable_code_not_present"
                found.add((one["id"], status, why, component["name"]))
    return found


def same(got, want):
    return None if got == want else f"missing {sorted(want - got, key=str)}, more {sorted(got - want, key=str)}"


def judged(name, kind, path, good=True):
    why = f"the schemas are not at hand ({SCHEMAS})" if not os.path.isdir(SCHEMAS) else None if READY else WHY_NOT
    if why:
        tap.count += 1
        print(f"ok {tap.count} - {name} # SKIP {why}", flush=True)
        return
    done = subprocess.run(["node", "judge.mjs", os.path.abspath(SCHEMAS), kind, os.path.abspath(path)], cwd=READY,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    tap.point(name, None if (done.returncode == 0) == good else "refused" if good else "accepted", done.stdout)


# --- harden ---

thresh("key", "new", "--no-password", "a")
done = thresh("harden", "oci:source:latest", "oci:sealed:latest", "--keep", "/etc/part.conf=a test", *DATA, "--sign", "a.key",
              "--out", "out")
tap.point("harden --vulnerabilities", done.problem(0), done.log)
tap.point("it says what it found", None if "known vulnerabilities: 4 not affected, 2 affected, 1 fixed, 1 under investigation" in
          done.log else "it does not", done.log)
openvex, cyclonedx = read("out/vex.openvex.json"), read("out/vex.cdx.json")
tap.point("OpenVEX says what is so", same(said(openvex), WANT))
tap.point("CycloneDX says the same", same(said_by_cyclonedx(cyclonedx), WANT))
judged("OpenVEX is valid", "openvex", "out/vex.openvex.json")
judged("CycloneDX is valid", "cyclonedx", "out/vex.cdx.json")
write("damaged.json", dict(openvex, statements=[dict(openvex["statements"][0], justification="trust_me")]))
judged("the judge refuses an unknown justification", "openvex", "damaged.json", good=False)
write("damaged.json", dict(cyclonedx, vulnerabilities=[dict(cyclonedx["vulnerabilities"][0], analysis={"state": "fine"})]))
judged("the judge refuses an unknown state", "cyclonedx", "damaged.json", good=False)
digest = read("sealed/index.json")["manifests"][0]["digest"]
products = {p["@id"] for s in openvex["statements"] for p in s["products"]}
tap.point("the product is the image", None if products == {f"pkg:oci/image@{digest}"} else products)
aliases = {s["vulnerability"]["name"]: s["vulnerability"].get("aliases") for s in openvex["statements"]}
tap.point("two data on one vulnerability are one", None if aliases["CVE-2099-0001"] == ["DEBIAN-CVE-2099-0001"] else aliases)
actions = {s["vulnerability"]["name"]: s.get("action_statement", "") for s in openvex["statements"]}
tap.point("an action names the version with the fix", None if "2.0-1+deb12u1 or later" in actions["CVE-2099-0007"] else actions)

inventory = read("out/sbom.cdx.json")
links = {a["ref"] for v in cyclonedx["vulnerabilities"] for a in v["affects"] if a["ref"].startswith("urn:cdx:")}
want = {f"urn:cdx:{inventory['serialNumber'][9:]}/1#{c['bom-ref']}" for c in inventory["components"] if c["name"] in ("served", "openssl")}
tap.point("BOM-Links name the inventory's components", None if links == want else f"{links}, want {want}")
gone = {f["name"]: f.get("hashes", [{}])[0].get("content") for c in cyclonedx["components"] for f in c.get("components", [])}
want = {f"/{p}": hashlib.sha256(c).hexdigest() for n, (_, _, files) in PACKAGES.items() for p, c in files.items()
        if p in ("usr/bin/thing", "usr/bin/openssl-tool", "usr/lib/libssl.so.3")}
tap.point("code that is gone is listed with its digest", None if gone == want else gone)


def digests():
    found = {}
    for name in ("tracker.json", "osv.json"):
        with open(name, "rb") as stream:
            data = stream.read()
        found[name] = (hashlib.sha256(data).hexdigest(), len(data))
    return found


def statements(directory):
    for entry in read(f"{directory}/index.json")["manifests"]:
        if entry.get("artifactType") == "application/vnd.dev.sigstore.bundle.v0.3+json":
            manifest = json.loads(blob(directory, entry["digest"]))
            bundle = json.loads(blob(directory, manifest["layers"][0]["digest"]))
            yield json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))


def unrecorded():
    properties = " ".join(p["value"] for p in cyclonedx["metadata"]["properties"])
    provenance = next(s["predicate"] for s in statements("sealed") if s["predicateType"] == "https://slsa.dev/provenance/v1")
    depended = {d["annotations"]["file"]: (d["digest"]["sha256"], d["annotations"]["sizeBytes"])
                for d in provenance["buildDefinition"]["resolvedDependencies"] if d["name"] == "vulnerabilities"}
    for name, (sha256, size) in digests().items():
        if f"{size} bytes, sha256:{sha256}" not in openvex["tooling"] or f"{name} sha256:{sha256} {size}" not in properties:
            return f"{name}: {openvex['tooling']}; {properties}"
    return None if depended == digests() else depended


tap.point("the data's digests are in documents and provenance", unrecorded())
signed = [s["predicate"] for s in statements("sealed") if s["predicateType"] == "https://openvex.dev/ns/v0.2.0"]
tap.point("what is signed is what --out has", None if signed == [openvex] else signed)
done = thresh("harden", "oci:source:latest", "oci:again:latest", *DATA)
tap.point("without --out and --sign there is no place for it", done.problem(2, "neither is given"), done.log)

# --- thresh vex ---

for kind, version, ours in (("openvex", None, "vex.openvex.json"), ("cyclonedx", None, "vex.cdx.json"), ("cyclonedx", "1.5", None),
                            ("cyclonedx", "1.7", None)):
    name = f"{kind}{version or ''}.json"
    done = thresh("vex", "oci:sealed", "--source", "oci:source", *DATA, "--format", kind, "--output", name,
                  *(["--cyclonedx-version", version] if version else []))
    tap.point(f"vex: {name}", done.problem(0), done.log)
    if ours:
        tap.point(f"vex: {name} is {ours}", None if read(name) == read(f"out/{ours}") else "it is not")
    else:
        judged(f"vex: {name} is valid", "cyclonedx", name)
with zipfile.ZipFile("all.zip", "w") as archive:
    for number, record in enumerate(read("osv.json")):
        archive.writestr(f"{number}.json", json.dumps(record))
done = thresh("vex", "oci:sealed", "--source", "oci:source", "--vulnerabilities", "all.zip", "--author", "Example Ltd",
              "--image-name", "registry.example:5000/acme/served", "--output", "zip.json")
tap.point("vex of a zip", done.problem(0), done.log)
tap.point("author and product", None if read("zip.json")["author"] == "Example Ltd" and f"pkg:oci/served@{digest}?repository_url=" in
          read("zip.json")["statements"][0]["products"][0]["@id"] else read("zip.json"))
tap.point("a zip says what its records say", same(said(read("zip.json")), {("CVE-2099-0001", "not_affected", "component_not_present", "dash")}))
os.mkdir("records")
for number, record in enumerate(read("osv.json")):
    write(f"records/{number}.json", record)
write("records/README", "not looked at")
done = thresh("vex", "oci:sealed", "--source", "oci:source", "--vulnerabilities", "records", "--output", "records.openvex.json")
tap.point("vex of a directory", done.problem(0), done.log)
together = "".join(json.dumps(record) for record in read("osv.json")).encode()
tooling = read("records.openvex.json")["tooling"]
tap.point("its digest is that of its files one after the other",
          None if f"records (OSV, {len(together)} bytes, sha256:{hashlib.sha256(together).hexdigest()})" in tooling else tooling)
os.mkfifo("records/3.json")
done = thresh("vex", "oci:sealed", "--source", "oci:source", "--vulnerabilities", "records")
tap.point("a pipe in a directory", done.problem(3, "records: 3.json: no file"), done.log)
write("nothing.json", {"bash": {}})
done = thresh("vex", "oci:sealed", "--source", "oci:source", "--vulnerabilities", "nothing.json")
tap.point("nothing to say", done.problem(3, "OpenVEX has no form for that"), done.log)
done = thresh("vex", "oci:sealed", "--source", "oci:source", "--vulnerabilities", "nothing.json", "--format", "cyclonedx", "--output", "none.json")
tap.point("nothing to say, as CycloneDX", done.problem(0), done.log)
judged("nothing to say is valid", "cyclonedx", "none.json")
done = thresh("vex", "oci:sealed", "--source", "oci:other", *DATA)
tap.point("another source", done.problem(3, "was made from another image"), done.log)

# --- data that are none ---

BAD = [
    ("deep", "[" * 100000, "nested too deep at offset 64"),
    ("cut", '{"dash": {"CVE-1": ', "a bracket without an end"),
    ("twice", '{"id": "A", "id": "B"}', "duplicate object key"),
    ("no UTF-8", b'{"id": "\xff"}', "no UTF-8 at offset 8"),
    ("NUL", b'{"id": "a\0"}', "a NUL byte at offset 9"),
    ("no data", '{"hello": 1}', "no id"),
    ("empty", "", "holds no record"),
    ("status", json.dumps({"dash": {"CVE-1": released("perhaps")}}), "dash: CVE-1: a status that is none of"),
    ("many", '{"id":"A","affected":[{"package":{"ecosystem":"Debian","name":"dash"},"versions":[' + '"1",' * 200000 + '"1"]}]}',
     "A: versions are no array, or too many"),
]
for name, text, what in BAD:
    with open("bad.json", "wb") as stream:
        stream.write(text if isinstance(text, bytes) else text.encode())
    done = thresh("vex", "oci:sealed", "--source", "oci:source", "--vulnerabilities", "bad.json")
    line = done.log.strip().splitlines()[-1]
    tap.point(f"bad data: {name}", done.problem(3, what) or (None if "vex: --vulnerabilities bad.json: " in line else line), done.log)

# A file as large as Debian's is read in little more than the time of reading it.
filler = {f"CVE-2020-{n}": {"description": "x" * 400, "releases": {r: {"status": "open"} for r in "abcdef"}} for n in range(40)}
with open("large.json", "w", encoding="utf-8") as stream:
    stream.write("{" + ",".join(f'"other{n}":{json.dumps(filler)}' for n in range(2200)) + f',"dash":{json.dumps(read("tracker.json")["dash"])}}}')
size = os.path.getsize("large.json") >> 20
started = resource.getrusage(resource.RUSAGE_CHILDREN)
done = thresh("vex", "oci:sealed", "--source", "oci:source", "--vulnerabilities", "large.json", "--output", "large-vex.json")
took = sum(getattr(resource.getrusage(resource.RUSAGE_CHILDREN), name) - getattr(started, name) for name in ("ru_utime", "ru_stime"))
tap.point(f"{size} MiB of data", done.problem(0), done.log)
tap.point(f"in {took:.1f} s of a processor", None if took < 10 else "too long")
tap.point("say what is so", same(said(read("large-vex.json")), {w for w in WANT if w[3] == "dash"}))

# --- verify ---


def outcome(name, directory, want, *texts):
    done = thresh("verify", f"oci:{directory}:latest", "--format", "json")
    results = {r["rule"]: r for r in json.loads(done.out)["results"]}
    found = " ".join([*results["vex"].get("findings", []), results["vex"].get("reason") or ""])
    fine = results["vex"]["outcome"] == want and all(t in found for t in texts)
    tap.point(name, None if fine else f"{results['vex']['outcome']}, want {want} {texts}", found or done.log)
    return results


results = outcome("verify: VEX of the image is true", "sealed", "PASS")
tap.point("verify: its inventories are told from it", None if results["inventory"]["outcome"] == "PASS" else results["inventory"])
outcome("verify: no VEX", "source", "NA")
thresh("harden", "oci:source:latest", "oci:bare:latest", "--keep", "/etc/part.conf=a test")
tap.point("the image is the same", None if read("bare/index.json")["manifests"][0]["digest"] == digest else "it is not")
thresh("harden", "oci:source:latest", "oci:kept:latest", "--keep", "/etc/part.conf=a test", "--keep", "/usr/lib/libssl.so.3=another test")
kept = read("kept/index.json")["manifests"][0]["digest"]


def attested(name, document, image="bare", kind="openvex"):
    """A copy of @image to which @document is attached."""
    shutil.copytree(image, name)
    write("document.json", document)
    done = thresh("attest", f"oci:{name}:latest", "--key", "a.key", "--type", kind, "--predicate", "document.json")
    if done.status != 0:
        tap.point(f"{name}: attest", done.problem(0), done.log)
    return name


def changed(change, document=None):
    copy = json.loads(json.dumps(document or openvex))
    change(copy)
    return copy


def first(document, **more):
    document["statements"][0].update(more)


def claims(purl, justification="component_not_present", image=digest):
    return dict(openvex, statements=[{
        "vulnerability": {"name": "CVE-1"}, "status": "not_affected", "justification": justification,
        "products": [{"@id": f"pkg:oci/image@{image}", "subcomponents": [{"@id": purl}]}]}])


outcome("verify: attested", attested("v-true", openvex), "PASS")
outcome("verify: a component that is there", attested("v-component", claims("pkg:deb/debian/served@2.0-1")), "FAIL",
        "statement 1, CVE-1", "pkg:deb/debian/served@2.0-1 is gone", "/app is there")
outcome("verify: data that are there", attested("v-data", claims("pkg:deb/debian/openssl")), "FAIL", "its /etc/part.conf is there")
outcome("verify: code that is gone", attested("v-code", claims("pkg:deb/debian/openssl", "vulnerable_code_not_present")), "PASS")
outcome("verify: code that is there", attested("v-code-there", claims("pkg:deb/debian/served", "vulnerable_code_not_present")), "FAIL",
        "its /app is there")
about_kept = json.loads(json.dumps(openvex).replace(digest[7:], kept[7:]))
outcome("verify: a library that was kept", attested("v-kept", about_kept, "kept"), "FAIL", "CVE-2023-0464",
        "pkg:deb/debian/libssl3@3.0.8-1%2Bb1", "its /usr/lib/libssl.so.3 is there")
outcome("verify: an unknown justification", attested("v-unknown", changed(lambda d: first(d, justification="trust_me"))), "FAIL",
        "statement 1, CVE-2023-0464: unknown justification trust_me")
outcome("verify: another image", attested("v-other", claims("pkg:deb/debian/dash", image="sha256:" + 64 * "0")), "FAIL",
        "none of its products is this image")
outcome("verify: a judgement", attested("v-judgement", claims("pkg:deb/debian/served", "inline_mitigations_already_exist")), "SKIP",
        "inline_mitigations_already_exist")
outcome("verify: no OpenVEX of this version", attested("v-context", changed(lambda d: d.update({"@context": "https://openvex.dev/ns"}))),
        "FAIL", "@context")
outcome("verify: no statements", attested("v-empty", changed(lambda d: d.update(statements=[]))), "FAIL", "no statements")
fixed = dict(openvex, statements=[{"vulnerability": {"name": "CVE-2"}, "status": "fixed", "products": [
    {"@id": f"pkg:oci/image@{digest}", "subcomponents": [{"@id": "pkg:deb/debian/served@9.0-1"}]}]}])
outcome("verify: another version than is there", attested("v-fixed", fixed), "FAIL", "served@9.0-1 has the fix", "served@2.0-1")


def as_kept(document):
    component = document["metadata"]["component"]
    component.update({"bom-ref": kept, "name": kept, "version": kept})


outcome("verify: CycloneDX", attested("c-true", cyclonedx, kind="cyclonedx"), "PASS")
outcome("verify: CycloneDX of a library that was kept", attested("c-kept", changed(as_kept, cyclonedx), "kept", "cyclonedx"), "FAIL",
        "/usr/lib/libssl.so.3 of pkg:deb/debian/libssl3", "is there")
outcome("verify: CycloneDX of another image", attested("c-other", cyclonedx, "kept", "cyclonedx"), "FAIL", "about another image")
outcome("verify: CycloneDX with an unknown state", attested("c-state", changed(
    lambda d: d["vulnerabilities"][0]["analysis"].update(state="fine"), cyclonedx), kind="cyclonedx"), "FAIL", "no known state")

tap.end()
