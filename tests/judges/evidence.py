#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""evidence.py LAYOUT PUBLIC-KEY: every document of the image in the layout, under every judge that was not written here: what `harden
--sign` put beside it, and what `thresh sbom` makes of it. Prints a line a defect; exit status 1 where there was one. THRESH_IN_TOTO_PROTOS: the
directory `protos` of github.com/in-toto/attestation (../shared/protos), where that is at hand: see in_toto.py."""
import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../e2e"))
sys.dont_write_bytecode = True
from judges import judges_ready  # noqa: E402
from support import THRESH, TOP, blob, environment, manifest_of  # noqa: E402

LAYOUT, KEY = (os.path.abspath(argument) for argument in sys.argv[1:3])
SCHEMAS = os.path.abspath(os.environ.get("THRESH_SCHEMAS") or os.path.join(TOP, "..", "shared", "schemas"))
PROTOS = os.path.abspath(os.environ.get("THRESH_IN_TOTO_PROTOS") or os.path.join(TOP, "..", "shared", "protos"))
PYTHON = "/usr/bin/python3"  # Debian's own, which has Debian's modules
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
STATEMENT = "application/vnd.in-toto+json"
MUST = {"https://spdx.dev/Document": ["spdx23"], "https://spdx.dev/Document/v3": ["spdx301", "shacl"], "https://cyclonedx.org/bom": ["cyclonedx"],
        "https://slsa.dev/provenance/v1": [], "https://in-toto.io/attestation/runtime-trace/v0.1": [],
        "https://thresh.dev/attestation/cut-list/v1": [], "https://thresh.dev/attestation/replay/v1": []}
defects = []


def defect(what, text):
    defects.append(f"{what}: {text}")


def run(what, *argv, **more):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **more)
    if done.returncode:
        defect(what, (done.stdout or f"exit {done.returncode}")[-2000:])


def skip(reason):
    print(reason)
    sys.exit(77)


# --- the bundles: by openssl, @sigstore/verify and securesystemslib ---

SECURESYSTEMS = """
import base64, json, sys
from securesystemslib.keys import import_ecdsakey_from_public_pem, verify_signature
key = import_ecdsakey_from_public_pem(open(sys.argv[1]).read())
for file in sys.argv[2:]:
    bundle = json.load(open(file))["dsseEnvelope"]
    payload, kind = base64.b64decode(bundle["payload"]), bundle["payloadType"]
    data = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
    signature = {"keyid": key["keyid"], "sig": base64.b64decode(bundle["signatures"][0]["sig"]).hex()}
    if not verify_signature(key, signature, data) or verify_signature(key, signature, data + b" "):
        sys.exit(f"{file}: securesystemslib refuses it")
"""


def write(name, data):
    with open(name, "wb") as stream:
        stream.write(data)
    return os.path.abspath(name)


def by_openssl(what, envelope):
    payload, kind = base64.b64decode(envelope["payload"]), envelope["payloadType"].encode()
    write("message", b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload))
    write("signature", base64.b64decode(envelope["signatures"][0]["sig"]))
    run(what, "openssl", "dgst", "-sha256", "-verify", KEY, "-signature", "signature", "message")


# --- the statements, as in-toto and SLSA say; predicate by predicate ---

def check_digest(what, value):
    if not isinstance(value, dict) or len(value.get("sha256", "")) != 64 or set(value) != {"sha256"}:
        defect(what, f"not a digest set of SHA-256: {value}")


def provenance(what, predicate):
    definition, details = predicate["buildDefinition"], predicate["runDetails"]
    for uri in (definition["buildType"], details["builder"]["id"]):
        if not uri.startswith("https://"):
            defect(what, f"not a URI: {uri}")
    if not isinstance(definition["externalParameters"], dict):
        defect(what, "externalParameters is not an object")
    for dependency in definition["resolvedDependencies"]:
        if "digest" in dependency:
            check_digest(what, dependency["digest"])
        elif not dependency["uri"].startswith("pkg:"):
            defect(what, f"neither digest nor package URL: {dependency}")


def runtime_trace(what, predicate):
    log = predicate["monitorLog"]
    if predicate["monitor"]["tracePolicy"]["lostEvents"] != 0 or not predicate["monitor"]["type"].startswith("https://"):
        defect(what, "not a trace")
    if not log["process"] or not log["fileAccess"]:
        defect(what, "nothing was traced")
    for access in log["fileAccess"]:
        if "digest" in access:
            check_digest(what, access["digest"])


def cut_list(what, predicate):
    layers = {}
    for key in ("kept", "removed"):
        for entry in predicate[key]:
            if entry["path"] in layers or not entry["reason"]:
                defect(what, f"{entry['path']}: twice, or without a reason")
            layers[entry["path"]] = key


def replay(what, predicate):
    if predicate["result"] != "same" or predicate["answersCompared"] < 1:
        defect(what, f"not a replay that passed: {predicate}")


PREDICATES = {"provenance": provenance, "runtime-trace": runtime_trace, "cut-list": cut_list, "replay": replay}


def statement(what, envelope, subject):
    """(predicate type, predicate), or a defect."""
    said = json.loads(base64.b64decode(envelope["payload"]))
    if envelope["payloadType"] != STATEMENT or said["_type"] != "https://in-toto.io/Statement/v1":
        defect(what, "not a Statement v1")
    if [s["digest"] for s in said["subject"]] != [{"sha256": subject}]:
        defect(what, "another subject")
    for word, check in PREDICATES.items():
        if f"/{word}/" in said["predicateType"]:
            check(what, said["predicate"])
    return said["predicateType"], said["predicate"]


def main():
    ready, why_not = judges_ready()
    if not ready:
        skip(why_not)
    if not os.path.isdir(SCHEMAS):
        skip("the schemas are not at hand (../shared/schemas)")
    if subprocess.run([PYTHON, "-c", "import securesystemslib"], stderr=subprocess.DEVNULL, check=False).returncode:
        skip("python3-securesystemslib is not installed")
    os.chdir(tempfile.mkdtemp(dir=os.environ["TMPDIR"]))
    with open(os.path.join(LAYOUT, "index.json"), encoding="utf-8") as stream:
        index = json.load(stream)["manifests"]
    subject = index[0]["digest"][len("sha256:"):]
    if hashlib.sha256(blob(LAYOUT, index[0]["digest"])).hexdigest() != subject or not manifest_of(LAYOUT)["layers"]:
        defect("image", "is not what the index names")
    files, statements, found = {}, [], {}
    for number, entry in enumerate(e for e in index if e.get("artifactType") == BUNDLE):
        data = blob(LAYOUT, json.loads(blob(LAYOUT, entry["digest"]))["layers"][0]["digest"])
        what = f"bundle {number}"
        files[what] = write(f"bundle-{number}.json", data)
        envelope = json.loads(data)["dsseEnvelope"]
        by_openssl(what, envelope)
        statements.append(write(f"statement-{number}.json", base64.b64decode(envelope["payload"])))
        kind, predicate = statement(what, envelope, subject)
        found[kind] = write(f"predicate-{number}.json", json.dumps(predicate).encode())
    for kind in set(MUST) - set(found):
        defect(kind, "is missing")
    run("securesystemslib", PYTHON, "-c", SECURESYSTEMS, KEY, *files.values())
    by_protos = os.path.isdir(os.path.join(PROTOS, "in_toto_attestation"))
    if by_protos:
        run("in-toto's protos", PYTHON, os.path.join(HERE, "in_toto.py"), PROTOS, *statements)
    judged = {"sigstore": list(files.values())}
    for kind, judges in MUST.items():
        for judge in judges if kind in found else []:
            judged.setdefault(judge, []).append(found[kind])
    for version in ("1.5", "1.7"):
        run(f"sbom, CycloneDX {version}", THRESH, "sbom", f"oci:{LAYOUT}", "--format", "cyclonedx", "--cyclonedx-version", version, "--output",
            f"{version}.json", env=environment(THRESH_CACHE=os.environ.get("THRESH_CACHE") or os.path.abspath("cache")))
        judged["cyclonedx"].append(os.path.abspath(f"{version}.json"))
    for judge, which in judged.items():
        run(judge, "node", "judge.mjs", SCHEMAS, judge, *which, cwd=ready, env=dict(os.environ, SIGSTORE_KEY=KEY))
    print("\n".join(defects) or f"{len(files)} bundles, {sum(len(w) for w in judged.values())} judgements: no defect"
          + ("" if by_protos else " (in-toto's protos are not at hand)"))
    return bool(defects)


if __name__ == "__main__":
    sys.exit(main())
