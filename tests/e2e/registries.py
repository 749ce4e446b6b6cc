#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Registries that are right: Debian's docker-registry (which has no referrers API) and one of our own (which has), with and
without TLS and credentials; skopeo reads and writes the same. Everything is on loopback.
# timeout: 300
"""
import atexit
import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request

sys.path.insert(0, os.path.join(os.environ["TOP"], "tests/e2e"))
from registry_server import Registry, VENDOR  # noqa: E402
from support import (Tap, await_port, base, blob, digest, environment, file, free_port, layout, put, scratch, snapshot, tar,  # noqa: E402
                     thresh as run)

for program in ("docker-registry", "skopeo", "openssl"):
    if not shutil.which(program):
        print(f"{program} is not installed")
        sys.exit(77)

tap = Tap()
directory = scratch("registries")
os.chdir(directory)
HOME = scratch("home")
ARTIFACT = "application/vnd.example.note+json"
started = []


@atexit.register
def stop():
    for process in started:
        process.send_signal(signal.SIGTERM)
        process.wait()


def env(**more):
    return environment(HOME=HOME, XDG_CONFIG_HOME=HOME, XDG_RUNTIME_DIR=HOME, **more)


def thresh(*arguments, **more):
    return run(*arguments, env=env(**more))


def start_registry(name, http="", auth=""):
    """Debian's docker-registry on a port of its own; answers HOST:PORT."""
    port = free_port()
    with open(f"{name}.yml", "w", encoding="utf-8") as out:
        out.write(f"version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\n{auth}"
                  f"storage: {{filesystem: {{rootdirectory: {directory}/{name}}}}}\n"
                  f"http: {{addr: \"127.0.0.1:{port}\"{http}}}\n")
    with open(f"{name}.log", "w", encoding="utf-8") as log:
        started.append(subprocess.Popen(["docker-registry", "serve", f"{name}.yml"], stdin=subprocess.DEVNULL, stdout=log,
                                        stderr=log))
    problem = await_port(port, started[-1])
    if problem:
        raise RuntimeError(f"{name}: docker-registry: {problem}")
    return f"127.0.0.1:{port}"


def skopeo(*arguments):
    return subprocess.run(["skopeo", *arguments], env=env(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False)


def top_of(where):
    with open(f"{where}/index.json", encoding="utf-8") as index:
        return json.load(index)["manifests"]


def attach(where, subject, media_type=ARTIFACT, text=b'{"note":1}'):
    """An artifact in the layout that refers to @subject; answers its descriptor."""
    put(where, b"{}")
    put(where, text)
    manifest = json.dumps({
        "schemaVersion": 2, "mediaType": f"{VENDOR}.manifest.v1+json", "artifactType": media_type,
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": digest(b"{}"), "size": 2},
        "layers": [{"mediaType": media_type, "digest": digest(text), "size": len(text)}],
        "subject": {key: subject[key] for key in ("mediaType", "digest", "size")},
        "annotations": {"org.example.note": "kept"}}).encode()
    put(where, manifest)
    entry = {"mediaType": f"{VENDOR}.manifest.v1+json", "digest": digest(manifest), "size": len(manifest),
             "artifactType": media_type}
    with open(f"{where}/index.json", "r+", encoding="utf-8") as stream:
        index = json.load(stream)
        index["manifests"].append(entry)
        stream.seek(0)
        json.dump(index, stream)
    return entry


def several(where):
    """A layout whose tag is an index of two platforms."""
    parts = []
    for architecture in ("amd64", "arm64"):
        layout("part", [tar(file(architecture, b"x"))], architecture=architecture)
        parts.append({key: top_of("part")[0][key] for key in ("mediaType", "digest", "size", "platform")})
        shutil.copytree("part/blobs", f"{where}/blobs", dirs_exist_ok=True)
        shutil.rmtree("part")
    index = json.dumps({"schemaVersion": 2, "mediaType": f"{VENDOR}.index.v1+json", "manifests": parts}).encode()
    put(where, index)
    with open(f"{where}/oci-layout", "w", encoding="utf-8") as out:
        out.write('{"imageLayoutVersion": "1.0.0"}')
    with open(f"{where}/index.json", "w", encoding="utf-8") as out:
        json.dump({"schemaVersion": 2, "manifests": [
            {"mediaType": f"{VENDOR}.index.v1+json", "digest": digest(index), "size": len(index),
             "annotations": {"org.opencontainers.image.ref.name": "all"}}]}, out)
    return parts


def fetch(url, accept="*/*"):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": accept})) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        return error.code


def same(a, b):
    """None where both layouts hold the same blobs."""
    left, right = ({os.path.basename(p): d for p, d in snapshot(f"{w}/blobs").items()} for w in (a, b))
    return None if left == right else f"{sorted(left)} and {sorted(right)}"


layout("image", [tar(file("a", os.urandom(300000))), tar(file("b", b"second"))])
IMAGE = top_of("image")[0]
NOTE = attach("image", IMAGE)
SIGNATURE = attach("image", NOTE, "application/vnd.example.signature", b"signed")

plain = start_registry("plain")

with Registry(api=True) as own:
    for name, host, api in (("docker-registry", plain, False), ("one with the referrers API", own.host, True)):
        there = f"docker://{host}/team/app:1"
        done = thresh("push", "oci:image:latest", there, "--insecure")
        tap.point(f"{name}: push", done.problem(0) or (None if IMAGE["digest"] in done.out else "no digest"), done.log)
        tap.point(f"{name}: the manifest is the same bytes",
                  None if fetch(f"http://{host}/v2/team/app/manifests/1", IMAGE["mediaType"]) == blob("image", IMAGE["digest"])
                  else "it is not")
        tag = fetch(f"http://{host}/v2/team/app/manifests/{IMAGE['digest'].replace(':', '-')}", f"{VENDOR}.index.v1+json")
        if api:
            tap.point(f"{name}: no tag stands in for the API", None if tag == 404 else tag)
        else:
            entries = [] if isinstance(tag, int) else json.loads(tag)["manifests"]
            want = [dict(NOTE, annotations={"org.example.note": "kept"})]
            tap.point(f"{name}: the index of the tag schema has the real artifact type", None if entries == want else entries)
        done = thresh("tree", there, "--insecure", "--format", "json")
        shown = json.loads(done.out) if done.status == 0 else {}
        found = [(r["digest"], r["artifactType"], [s["artifactType"] for s in r["referrers"]]) for r in shown.get("referrers", [])]
        tap.point(f"{name}: tree shows what refers to it, and to that",
                  done.problem(0) or (None if found == [(NOTE["digest"], ARTIFACT, [SIGNATURE["artifactType"]])] else found), done.log)
        shutil.rmtree("back", ignore_errors=True)
        done = thresh("pull", there, "oci:back:latest", "--insecure")
        tap.point(f"{name}: pull brings all of it", done.problem(0) or same("image", "back"), done.log)
        shutil.rmtree("alone", ignore_errors=True)
        done = thresh("copy", "--without-referrers", there, "oci:alone", "--insecure")
        tap.point(f"{name}: copy brings the image alone where it is to",
                  done.problem(0) or (None if len(top_of("alone")) == 1 else "more"), done.log)
        before = fetch(f"http://{host}/v2/team/app/manifests/{IMAGE['digest'].replace(':', '-')}", "*/*")
        done = thresh("push", "oci:image:latest", there, "--insecure")
        tap.point(f"{name}: pushed again, nothing changes", done.problem(0) or
                  (None if fetch(f"http://{host}/v2/team/app/manifests/{IMAGE['digest'].replace(':', '-')}", "*/*") == before
                   else "it did"), done.log)

        done = thresh("copy", there, f"docker://{host}/moved/app:2", "--insecure")
        moved = thresh("tree", f"docker://{host}/moved/app:2", "--insecure")
        tap.point(f"{name}: copied to another repository with all that refers to it",
                  done.problem(0) or moved.problem(0) or
                  (None if ARTIFACT in moved.out and SIGNATURE["artifactType"] in moved.out else "not all"), moved.log)

        parts = several("many")
        done = thresh("push", "--all", "oci:many", f"docker://{host}/many:1", "--insecure")
        tap.point(f"{name}: all platforms", done.problem(0) or
                  (None if top_of("many")[0]["digest"] in done.out else "another digest"), done.log)
        shutil.rmtree("one", ignore_errors=True)
        done = thresh("pull", "--platform", "linux/arm64", f"docker://{host}/many:1", "oci:one", "--insecure")
        tap.point(f"{name}: one platform of them", done.problem(0) or
                  (None if top_of("one")[0]["digest"] == parts[1]["digest"] else top_of("one")), done.log)
        done = thresh("pull", "--platform", "linux/riscv64", f"docker://{host}/many:1", "oci:none", "--insecure")
        tap.point(f"{name}: a platform that it has not", done.problem(3, "not for the platform linux/riscv64", "linux/amd64"), done.log)
        done = thresh("pull", f"docker://{host}/team/app@{IMAGE['digest']}", "oci:pinned:1", "--insecure")
        tap.point(f"{name}: by digest", done.problem(0) or (None if IMAGE["digest"] in done.out else "another"), done.log)
        done = thresh("pull", f"docker://{host}/team/app:none", "oci:none", "--insecure")
        tap.point(f"{name}: a tag that it has not", done.problem(6, "no image with this name"), done.log)
        done = thresh("tree", "--tags", f"docker://{host}/many", "--insecure")
        tap.point(f"{name}: tags", done.problem(0) or (None if done.out == "1\n" else done.out), done.log)

    for kind in ("oci-archive", "docker-archive"):
        done = thresh("copy", f"docker://{plain}/team/app:1", f"{kind}:{kind}.tar:app:1" if kind[0] == "d" else f"{kind}:{kind}.tar:1",
                      "--insecure")
        config = skopeo("inspect", "--config", "--raw", f"{kind}:{kind}.tar")
        want = blob("image", json.loads(blob("image", IMAGE["digest"]))["config"]["digest"]).decode()
        tap.point(f"into an {kind}, which skopeo reads", done.problem(0) or
                  (None if config.returncode == 0 and config.stdout.strip() == want else config.stderr), done.log)
        done = thresh("copy", f"{kind}:{kind}.tar", f"docker://{plain}/from/{kind}:1", "--insecure")
        tap.point(f"and from it", done.problem(0), done.log)

# --- skopeo, both ways ---

done = skopeo("inspect", "--tls-verify=false", f"docker://{plain}/team/app:1")
tap.point("skopeo finds what was pushed", None if done.returncode == 0 and json.loads(done.stdout)["Digest"] == IMAGE["digest"]
          else done.stderr)
done = skopeo("copy", "--src-tls-verify=false", f"docker://{plain}/team/app:1", "oci:by-skopeo:1")
tap.point("and pulls it", None if done.returncode == 0 and top_of("by-skopeo")[0]["digest"] == IMAGE["digest"] else done.stderr)
done = skopeo("copy", "--dest-tls-verify=false", "--format=v2s2", "oci:image:latest", f"docker://{plain}/skopeo/app:1")
shutil.rmtree("back", ignore_errors=True)
back = thresh("pull", f"docker://{plain}/skopeo/app:1", "oci:back", "--insecure")
tap.point("what skopeo pushed in docker's format is pulled",
          (None if done.returncode == 0 else done.stderr) or back.problem(0) or
          (None if "docker.distribution.manifest" in json.loads(blob("back", top_of("back")[0]["digest"]))["mediaType"] else "other"),
          back.log)

# --- every command ---

layout("source", [base()])
done = thresh("push", "oci:source", f"{plain}/lab/app:1", "--insecure")
with open("thresh.yaml", "w", encoding="utf-8") as out:
    out.write("registry:\n  insecure: true\n")
sealed = f"docker://{plain}/lab/app:sealed"
done = thresh("harden", f"docker://{plain}/lab/app:1", sealed, "--config", "thresh.yaml")
tap.point("harden from a registry to a registry", done.problem(0), done.log)
done = thresh("why", sealed, "/app", "--insecure")
tap.point("why, from the keep list that refers to it there", done.problem(0) or (None if "kept" in done.out else "no"), done.log)
done = thresh("manifest", sealed, "--target", "podman", "--insecure")
tap.point("manifest", done.problem(0) or (None if sealed in done.out else "another image"), done.log)
done = thresh("diff", f"docker://{plain}/lab/app:1", sealed, "--insecure")
tap.point("diff", done.problem(0), done.log)
done = thresh("sbom", sealed, "--insecure")
tap.point("sbom", done.problem(0) or (None if "./app" in done.out else "no /app"), done.log)
with open("osv.json", "w", encoding="utf-8") as out:
    json.dump({"id": "X-1", "modified": "2026-01-01T00:00:00Z", "affected": [{"package": {"ecosystem": "npm", "name": "x"}}]}, out)
done = thresh("vex", sealed, "--source", f"docker://{plain}/lab/app:1", "--vulnerabilities", "osv.json", "--format", "cyclonedx", "--insecure")
tap.point("vex", done.problem(0) or (None if "CycloneDX" in done.out else "no document"), done.log)
done = thresh("replay", f"docker://{plain}/lab/app:1", sealed, "--config", "thresh.yaml")
tap.point("replay", done.problem(0), done.log)
done = thresh("harden", f"docker://{plain}/lab/app:1", f"docker://{plain}/lab/app:1", "--config", "thresh.yaml")
tap.point("the source stays", done.problem(2, "take the place of the source"), done.log)

# --- TLS and credentials ---


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, stdin=subprocess.DEVNULL, capture_output=True)


openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test CA", "-days", "2")
openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
with open("san", "w", encoding="utf-8") as out:
    out.write("subjectAltName=IP:127.0.0.1\n")
openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", "server.pem", "-days", "2",
        "-extfile", "san")
with open("htpasswd", "w", encoding="utf-8") as out:
    out.write("user:$2b$04$abcdefghijklmnopqrstuuC7SXhJX4cg91gnoj6MHausKQZwb/cSe\n")  # s3cret-password
tls = start_registry("tls", f", tls: {{certificate: {directory}/server.pem, key: {directory}/server.key}}",
                     f"auth: {{htpasswd: {{realm: test, path: {directory}/htpasswd}}}}\n")
AUTH = base64.b64encode(b"user:s3cret-password").decode()
there = f"docker://{tls}/team/app:1"
done = thresh("push", "oci:image:latest", there)
tap.point("a certificate of nobody that is known is refused", done.problem(6, "--ca-file"), done.log)
done = thresh("push", "oci:image:latest", there, "--ca-file", "ca.pem")
tap.point("with its authority, but no credentials", done.problem(6, "no credentials"), done.log)
with open("auth.json", "w", encoding="utf-8") as out:
    json.dump({"auths": {tls: {"auth": AUTH}}}, out)
done = thresh("push", "oci:image:latest", there, "--ca-file", "ca.pem", "--auth-file", "auth.json")
tap.point("with both", done.problem(0), done.log)
done = thresh("tree", there, "--ca-file", "ca.pem", REGISTRY_AUTH_FILE="auth.json")
tap.point("credentials from $REGISTRY_AUTH_FILE", done.problem(0), done.log)
with open("wrong.json", "w", encoding="utf-8") as out:
    json.dump({"auths": {tls: {"username": "user", "password": "wr0ng-password"}}}, out)
done = thresh("tree", there, "--ca-file", "ca.pem", "--auth-file", "wrong.json")
tap.point("wrong ones are not printed", done.problem(6, "HTTP 401") or (None if "wr0ng" not in done.log else "they are"), done.log)
done = thresh("tree", there, "--insecure", "--auth-file", "auth.json")
tap.point("--insecure checks no certificate", done.problem(0), done.log)
done = thresh("tree", f"docker://{plain}/team/app:1")
tap.point("plain HTTP is not spoken without it", done.problem(6, "no TLS is spoken"), done.log)

os.makedirs(f"{HOME}/containers/certs.d/{tls}")
shutil.copy("ca.pem", f"{HOME}/containers/certs.d/{tls}/ca.crt")
with open(f"{HOME}/containers/auth.json", "w", encoding="utf-8") as out:
    json.dump({"auths": {tls: {"auth": AUTH}}}, out)
done = thresh("tree", there)
tap.point("certs.d and podman's credentials", done.problem(0), done.log)
os.unlink(f"{HOME}/containers/auth.json")

os.makedirs(f"{HOME}/.docker")
os.makedirs("bin")
with open("bin/docker-credential-test", "w", encoding="utf-8") as out:
    out.write("#!/bin/sh\nread -r host\nprintf '%s %s\\n' \"$*\" \"$host\" >asked\n"
              "echo '{\"Username\":\"user\",\"Secret\":\"s3cret-password\"}'\n")
os.chmod("bin/docker-credential-test", 0o755)
with open(f"{HOME}/.docker/config.json", "w", encoding="utf-8") as out:
    json.dump({"credHelpers": {tls: "test"}}, out)
path = f"{directory}/bin:{os.environ['PATH']}"
done = thresh("tree", there, PATH=path)
asked = open("asked", encoding="utf-8").read() if os.path.exists("asked") else "nobody"
tap.point("docker's credential helper is asked", done.problem(0) or (None if asked == f"get {tls}\n" else asked), done.log)
with open(f"{HOME}/.docker/config.json", "w", encoding="utf-8") as out:
    json.dump({"auths": {tls: {}}, "credsStore": "test"}, out)
done = thresh("tree", there, PATH=path)
tap.point("and the one for all", done.problem(0), done.log)

os.unlink(f"{HOME}/.docker/config.json")
with Registry(tls=("server.pem", "server.key")) as own, Registry() as other:
    thresh("push", "oci:image:latest", f"docker://{own.host}/app:1", "--ca-file", "ca.pem")
    own.fault = lambda request: request.answer(307, Location=other.url + request.path) if "/blobs/sha256:" in request.path else False
    done = thresh("pull", f"docker://{own.host}/app:1", "oci:downgraded", "--ca-file", "ca.pem")
    tap.point("from https nothing leads to plain http", done.problem(6, "plain http") or
              (None if not other.log and not os.path.exists("downgraded") else "it did"), done.log)

tap.end()
