#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`thresh sign`, `attest` and `verify --key`: what is signed is accepted, here and by judges that were not written here; whoever
can write to the layout, and does not have the key, changes nothing unnoticed. SIGNATURE_FLIPS: how many single bits are
flipped; tests/full/signatures takes a thousand.
# timeout: 900
"""
import base64
import json
import os
import random
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
from judges import judges_ready  # noqa: E402
from support import (CONFIG, Tap, base, blob, blob_path, digest, file, index, layout, manifest_of, put, put_json, scratch,  # noqa: E402
                     snapshot, thresh, with_image, write_index)

FLIPS = int(os.environ.get("SIGNATURE_FLIPS") or 60)
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
READY, WHY_NOT = judges_ready()
tap = Tap()
os.chdir(scratch("signatures"))


# --- a layout, as anyone can write it ---

def bundles(directory):
    """(entry of index.json, its manifest, the bundle) of each."""
    for entry in index(directory)["manifests"]:
        if entry.get("artifactType") == BUNDLE:
            manifest = json.loads(blob(directory, entry["digest"]))
            yield entry, manifest, json.loads(blob(directory, manifest["layers"][0]["digest"]))


def statement(bundle):
    return json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))


def with_bundle(directory, to, change=None, change_manifest=None):
    """A copy of the layout whose first bundle is changed, with digests that fit."""
    shutil.copytree(directory, to)
    entry, manifest, bundle = next(bundles(directory))
    if change:
        bundle = change(bundle) or bundle
    manifest["layers"][0].update(put_json(to, bundle))
    if change_manifest:
        change_manifest(manifest)
    document = index(to)
    for other in document["manifests"]:
        if other["digest"] == entry["digest"]:
            other.update(put_json(to, manifest), artifactType=manifest["artifactType"])
    write_index(to, document)
    return to


# --- what verify says ---

def rules(directory, *options):
    """rule → (outcome, findings), or the exit status where there was none."""
    done = thresh("verify", f"oci:{directory}:latest", "--format", "json", *options)
    if done.status not in (0, 1):
        return done.status
    return {r["rule"]: (r["outcome"], " ".join(r.get("findings", []))) for r in json.loads(done.out)["results"]}


def outcome(name, directory, rule, want, text, *options):
    found = rules(directory, *(options or ("--key", "a.pub")))
    got = found if isinstance(found, int) else found[rule][0]
    fine = got == want and (not text or text in found[rule][1])
    tap.point(name, None if fine else f"{got}, want {want} {text or ''}", found if isinstance(found, int) else found[rule])


# --- keys, the image, its evidence ---

for key, kind in (("a", "ecdsa-p256"), ("b", "ed25519")):
    thresh("key", "new", "--no-password", "--type", kind, key)
layout("plain", [base(file("etc/app.conf", b"port=8080\n"))], dict(CONFIG, User="65532:65532"))
shutil.copytree("plain", "signed")
before = index("plain")["manifests"][0]["digest"]
content = snapshot("signed")
done = thresh("sign", "oci:signed:latest", "--key", "a.key")
tap.point("sign", done.problem(0), done.log)
tap.point("the image keeps its digest", None if index("signed")["manifests"][0]["digest"] == before else "it does not")
after = snapshot("signed")
tap.point("the rest of the layout is as it was", None if all(after[p] == content[p] for p in content if not p.endswith("index.json"))
          else "it is not")
outcome("a signature is enough", "signed", "signature", "PASS", None)
shutil.copytree("signed", "attested")
done = thresh("attest", "oci:attested", "--key", "a.key")
tap.point("attest", done.problem(0), done.log)
types = [statement(b)["predicateType"] for _, _, b in bundles("attested")]
tap.point("inventories lie beside it", None if types[1:] == ["https://spdx.dev/Document", "https://spdx.dev/Document/v3", "https://cyclonedx.org/bom"] else types)
for rule in ("index", "signature", "inventory"):
    outcome(f"{rule} of an image with evidence", "attested", rule, "PASS", None)
outcome("without a key nothing is passed", "attested", "signature", "SKIP", None, "--format", "json")
outcome("without a bundle there is nothing to check", "plain", "signature", "NA", None, "--format", "json")
outcome("without a bundle, with a key", "plain", "signature", "FAIL", "nothing that refers to the image is signed")
outcome("another key", "attested", "signature", "FAIL", "nothing that refers", "--key", "b.pub")
done = thresh("sign", "oci:attested", "--key", "b.key")
for key in ("a", "b"):
    outcome(f"two keys: {key}", "attested", "signature", "PASS", None, "--key", f"{key}.pub")
done = thresh("copy", "oci:attested:latest", "oci:copied:latest")
outcome("a copy", "copied", "signature", "PASS", None)
kind = index("copied")["manifests"][0]["annotations"].get("kind")
tap.point("a copy is found by cosign", None if kind == "dev.cosignproject.cosign/image" else kind)

# --- harden --sign: all that is known of a sealed image ---

SECRET = "correct-horse-battery"
thresh("harden", "oci:plain:latest", "oci:unsigned:latest", "--env", f"TOKEN={SECRET}")
done = thresh("harden", "oci:plain:latest", "oci:sealed:latest", "--env", f"TOKEN={SECRET}", "--sign", "b.key", "--out", "out")
tap.point("harden --sign", done.problem(0), done.log)
said = {statement(b)["predicateType"]: statement(b)["predicate"] for _, _, b in bundles("sealed")}
PROVENANCE = "https://slsa.dev/provenance/v1"
tap.point("seven statements refer to it", None if len(said) == 7 else sorted(said))
tap.point("signing does not change the image", None if index("sealed")["manifests"][0]["digest"] == index("unsigned")["manifests"][0]["digest"]
          else "it does")
named = {d["name"]: d.get("digest", {}).get("sha256") for d in said[PROVENANCE]["buildDefinition"]["resolvedDependencies"]}
with open("out/profile.json", "rb") as stream:
    want = {"source": index("plain")["manifests"][0]["digest"], "profile": digest(stream.read())}
tap.point("the provenance names source and profile", None if all(named[n] == want[n][len("sha256:"):] for n in want) else named)
tap.point("no value of a variable is in them", None if SECRET not in json.dumps(said) else "it is")
tap.point("but its name", None if said[PROVENANCE]["buildDefinition"]["externalParameters"]["environment"] == ["TOKEN"] else "it is not")
for rule in ("signature", "provenance", "inventory", "index"):
    outcome(f"{rule} of a sealed image", "sealed", rule, "PASS", None, "--key", "b.pub", "--source", "oci:plain")
layout("other", [base(file("etc/app.conf", b"port=8081\n"))], CONFIG)
outcome("provenance of another source", "sealed", "provenance", "FAIL", "not what it was made from", "--key", "b.pub", "--source", "oci:other")
outcome("provenance by another key", "sealed", "provenance", "FAIL", "not signed by the given key")
outcome("provenance without a key", "sealed", "provenance", "SKIP", None, "--format", "json")
done = thresh("harden", "oci:plain:latest", "oci-archive:sealed.tar", "--sign", "b.key")
tap.point("an archive has no place for evidence", done.problem(2, "no place for evidence"), done.log)

# --- judges that were not written here ---

for number, (_, _, bundle) in enumerate(bundles("attested")):
    name = os.path.abspath(f"bundle-{number}.json")
    with open(name, "w", encoding="utf-8") as stream:
        json.dump(bundle, stream)
    key = os.path.abspath("b.pub" if number == 4 else "a.pub")
    envelope = bundle["dsseEnvelope"]
    payload, kind = base64.b64decode(envelope["payload"]), envelope["payloadType"].encode()
    with open("message", "wb") as stream:
        stream.write(b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload))
    with open("signature", "wb") as stream:
        stream.write(base64.b64decode(envelope["signatures"][0]["sig"]))
    how = (["pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", key, "-sigfile", "signature", "-in", "message"] if number == 4 else
           ["dgst", "-sha256", "-verify", key, "-signature", "signature", "message"])
    done = subprocess.run(["openssl", *how], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    tap.point(f"bundle {number}: openssl", None if done.returncode == 0 else "refused", done.stdout)
    if not READY:
        tap.count += 1
        print(f"ok {tap.count} - bundle {number}: @sigstore/verify # SKIP {WHY_NOT}", flush=True)
        continue
    done = subprocess.run(["node", "judge.mjs", "-", "sigstore", name], cwd=READY, env=dict(os.environ, SIGSTORE_KEY=key),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    tap.point(f"bundle {number}: @sigstore/verify", None if done.returncode == 0 else "refused", done.stdout)


# --- bundles that are not as they should be ---

def envelope(**more):
    return lambda bundle: bundle["dsseEnvelope"].update(more)


def tampered(bundle):
    said = statement(bundle)
    said["predicate"]["approved"] = True
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(json.dumps(said).encode()).decode()


def twice(bundle):
    bundle["dsseEnvelope"]["signatures"] *= 2


def other_signature(bundle):
    signature = bytearray(base64.b64decode(bundle["dsseEnvelope"]["signatures"][0]["sig"]))
    signature[-1] ^= 1
    bundle["dsseEnvelope"]["signatures"][0]["sig"] = base64.b64encode(signature).decode()


MALFORMED = [
    ("tampered payload", tampered, None, "signature"),
    ("other signature", other_signature, None, "signature"),
    ("other payload type", envelope(payloadType="application/json"), None, "payload type"),
    ("no signature", envelope(signatures=[]), None, "no signature"),
    ("two signatures", twice, None, "more than one signature"),
    ("an annotation that differs", None, lambda m: m["annotations"].update({"dev.sigstore.bundle.predicateType": "https://slsa.dev/provenance/v1"}), "predicate type"),
    ("a hint that differs", lambda b: b["verificationMaterial"]["publicKey"].update(hint="AAAA"), None, "hint"),
    ("a future media type", lambda b: b.update(mediaType="application/vnd.dev.sigstore.bundle.v0.4+json"), None, "media type"),
    ("a future artifact type", None,
     lambda m: m.update(artifactType="application/vnd.dev.sigstore.bundle.v0.4+json"), "artifact type"),
    ("another media type of the layer", None, lambda m: m["layers"][0].update(mediaType="application/json"), "media type"),
    ("no JSON object", lambda b: [b], None, "not an object"),
]
for number, (name, change, change_manifest, text) in enumerate(MALFORMED):
    outcome(name, with_bundle("attested", f"bad-{number}", change, change_manifest), "signature", "FAIL", text)


# --- what the layout around them says ---

def subject(**more):
    return lambda manifest: manifest["subject"].update(more)


for name, change, text in (("size", subject(size=1), "size is not that"), ("type", subject(mediaType="application/x"), "mediaType is not that")):
    outcome(f"another {name} of what is signed", with_bundle("attested", f"subject-{name}", None, change), "index", "FAIL", text)
shutil.copytree("attested", "two-of-one-tag")
document = index("two-of-one-tag")
document["manifests"].append(dict(document["manifests"][0], **put_json("two-of-one-tag", dict(manifest_of("attested"), annotations={"a": "b"}))))
write_index("two-of-one-tag", document)
outcome("a tag that is that of two images", "two-of-one-tag", "index", "FAIL", "the tag latest is that of")

# --- images changed after signing ---

def one_field(_, manifest, config):
    config["config"]["User"] = "0"


def one_layer(directory, manifest, config):
    data = base(file("etc/more", b"x"))
    put(directory, data)
    manifest["layers"].append({"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": digest(data), "size": len(data)})
    config["rootfs"]["diff_ids"].append(digest(data))


for name, change in (("one config field", one_field), ("one added layer", one_layer)):
    to = with_image("attested", name.replace(" ", "-"), change)
    outcome(name, to, "signature", "FAIL", "its subject is another image")

# --- inventories that are not true, signed nonetheless ---


def invents(document):
    document["files"].append(dict(document["files"][0], fileName="./etc/invented"))


def omits(document):
    document["files"] = [f for f in document["files"] if f["fileName"] != "./etc/app.conf"]


def misstates(document):
    document["files"][0]["checksums"][1]["checksumValue"] = "0" * 64


thresh("sbom", "oci:plain", "--output", "sbom.json")
for change, text in ((invents, "lists /etc/invented, which is not"), (omits, "omits /etc/app.conf"), (misstates, "has other content")):
    with open("sbom.json", encoding="utf-8") as stream:
        document = json.load(stream)
    change(document)
    with open("changed.json", "w", encoding="utf-8") as stream:
        json.dump(document, stream)
    shutil.copytree("signed", change.__name__)
    done = thresh("attest", f"oci:{change.__name__}", "--key", "a.key", "--type", "spdx", "--predicate", "changed.json")
    outcome(f"an inventory that {change.__name__}", change.__name__, "inventory", "FAIL", text)

# --- single bits: of the image, of the evidence, of the index ---


def reachable(directory):
    """Files by kind, as index.json names them."""
    manifest = manifest_of(directory)
    found = {"index": ["index.json", "oci-layout"], "image": [index(directory)["manifests"][0]["digest"]], "evidence": []}
    found["image"] += [d["digest"] for d in [manifest["config"], *manifest["layers"]]]
    for entry in index(directory)["manifests"][1:]:
        found["evidence"] += [entry["digest"], json.loads(blob(directory, entry["digest"]))["layers"][0]["digest"]]
    return {kind: [os.path.join(directory, n) if kind == "index" else blob_path(directory, n) for n in names]
            for kind, names in found.items()}


random.seed(20260101)
places = reachable("sealed")
kinds = sorted(places)
accepted = []
tap.point("before a bit is flipped all is well", None if thresh("verify", "oci:sealed:latest", "--key", "b.pub").status == 0 else
          "it is not")
for number in range(FLIPS):
    path = random.choice(places[kinds[number % 3]])
    with open(path, "r+b") as stream:
        data = bytearray(stream.read())
        bit = random.randrange(8 * len(data))
        data[bit // 8] ^= 1 << bit % 8
        stream.seek(0)
        stream.write(data)
    done = thresh("verify", "oci:sealed:latest", "--key", "b.pub")
    if done.status not in (1, 3):
        accepted.append(f"{path}: bit {bit}: exit status {done.status}")
    with open(path, "r+b") as stream:
        data[bit // 8] ^= 1 << bit % 8
        stream.write(data)
tap.point(f"{FLIPS} single bits flipped, {FLIPS} rejections", None if not accepted else f"{len(accepted)} accepted", "\n".join(accepted))
tap.end()
