#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a registry can do wrong, and what becomes of credentials. Everything is on loopback.
# timeout: 300
"""
import base64
import json
import os
import shutil
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.environ["TOP"], "tests/e2e"))
from registry_server import Registry, VENDOR, digest_of  # noqa: E402
from support import PATIENCE, Tap, base, environment, finish, layout, manifest_of, scratch, snapshot, start, thresh as run, until  # noqa: E402

PASSWORD = "s3cret-password"
SIZE = 600000
tap = Tap()
directory = scratch("faults")
os.chdir(directory)
AUTH = os.path.join(directory, "auth.json")
BIG = os.urandom(SIZE)
SOURCE = layout(os.path.join(directory, "source"), [BIG], media="tar")
# A busy machine keeps a request of ours waiting for more than a second: that is for those alone that never come to an end.
CONFIG, IMPATIENT = (os.path.join(directory, name) for name in ("thresh.yaml", "impatient.yaml"))
for path, timeout in ((CONFIG, 300), (IMPATIENT, 1)):
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(f"registry:\n  insecure: true\n  timeout: {timeout}\n  auth-file: auth.json\n")


def credentials(*hosts):
    auth = base64.b64encode(f"user:{PASSWORD}".encode()).decode()
    with open(AUTH, "w", encoding="utf-8") as out:
        json.dump({"auths": {host: {"auth": auth} for host in hosts}}, out)


def thresh(*arguments, config=CONFIG):
    done = run(*arguments, "--config", config,
               env=environment(THRESH_CACHE=scratch("cache"), HOME=directory, XDG_CONFIG_HOME=directory))
    if PASSWORD in done.log or "t0ken" in done.log or base64.b64encode(f"user:{PASSWORD}".encode()).decode() in done.log:
        done.status = "a secret was printed"
    return done


def filled(registry, name="app", tag="1"):
    """Puts SOURCE there, as if somebody had."""
    manifest = manifest_of(SOURCE)
    for part in [manifest["config"], *manifest["layers"]]:
        with open(os.path.join(SOURCE, "blobs/sha256", part["digest"][7:]), "rb") as blob:
            registry.put_blob(name, blob.read())
    with open(os.path.join(SOURCE, "index.json"), encoding="utf-8") as index:
        digest = json.load(index)["manifests"][0]["digest"]
    with open(os.path.join(SOURCE, "blobs/sha256", digest[7:]), "rb") as blob:
        registry.put_manifest(name, tag, blob.read(), f"{VENDOR}.manifest.v1+json")
    return manifest["layers"][0]["digest"]


def pull(registry, name="app:1", config=CONFIG):
    shutil.rmtree("out", ignore_errors=True)
    return thresh("pull", registry.reference(name), "oci:out:1", config=config)


def whole():
    """None where the pulled layout is what was there."""
    if not os.path.isdir("out"):
        return "no destination"
    wrong = [path for path, digest in snapshot("out/blobs").items() if not path.endswith(digest)]
    names = {os.path.basename(path) for path in snapshot("out/blobs")}
    want = {os.path.basename(path) for path in snapshot("source/blobs")}
    return f"other content: {wrong}" if wrong else None if names == want else f"{names} instead of {want}"


def refused(done, status, *texts):
    """As problem(), and nothing may be there."""
    left = [n for n in os.listdir(directory) if n.startswith(".thresh") or n == "out"]
    return done.problem(status, *texts) or (f"left behind: {left}" if left else None)


def first(count, act):
    """Does @act for the first @count requests that match, then nothing."""
    left = [count]

    def fault(request):
        if left[0] == 0:
            return False
        done = act(request)
        left[0] -= bool(done)
        return done
    return fault


def blobs(act):
    return lambda request: act(request) if request.command == "GET" and "/blobs/sha256:" in request.path else False


def layer(digest, act):
    return blobs(lambda request: act(request) if digest in request.path else False)


def repository(fault=None, **more):
    registry = Registry(**more)
    credentials(registry.host)
    registry.layer = filled(registry)
    registry.fault = fault
    return registry


# --- credentials ---

for auth in ("basic", "bearer"):
    with repository(auth=auth) as registry:
        done = pull(registry)
        tap.point(f"{auth}: pulls", done.problem(0) or whole(), done.log)
        done = thresh("push", "oci:source", registry.reference("new:1"))
        tap.point(f"{auth}: pushes", done.problem(0) or (("new", "1") not in registry.manifests and "no tag" or None), done.log)
        if auth == "bearer":
            scopes = [path for path, _ in registry.seen("GET", "/token")]
            tap.point("the scope is what is needed",
                      None if "scope=repository%3Anew%3Apull%2Cpush" in scopes[-1] and
                      "scope=repository%3Aapp%3Apull" in scopes[0] else scopes)

with repository(auth="basic") as registry:
    credentials()
    done = pull(registry)
    tap.point("no credentials: says how to log in", refused(done, 6, "no credentials for", "podman login"), done.log)

with repository(auth="bearer") as registry:
    registry.fault = lambda request: request.answer(401, b"{}", WWW_Authenticate=f'Bearer realm="{registry.url}/token"') \
        if request.path.startswith("/v2/app") else False
    done = pull(registry)
    tap.point("a 401 that never ends is an error", refused(done, 6, "HTTP 401"), done.log)
    tap.point("and soon", None if len(registry.log) < 12 else f"{len(registry.log)} requests")

with repository(auth="bearer") as registry:
    registry.fault = lambda request: request.answer(403, json.dumps(
        {"errors": [{"code": "DENIED", "message": "you said " + request.headers.get("Authorization", "")}]}).encode()) \
        if request.headers.get("Authorization", "").startswith("Bearer") else False
    done = pull(registry)
    tap.point("an error text that repeats a secret is left out", refused(done, 6, "HTTP 403"), done.log)

with repository(auth="bearer") as registry, Registry() as other:
    registry.realm = other.url + "/token"
    done = pull(registry)
    tap.point("a realm elsewhere gets the registry's credentials, as the protocol has it",
              done.problem(0) or whole() or (None if other.seen("GET", "/token") else "not asked"), done.log)

with repository(auth="bearer") as registry:
    registry.realm = "http://192.0.2.1/token"
    done = pull(registry)
    tap.point("but not in the clear beyond this machine", refused(done, 6, "token server", "plain http on another machine"), done.log)

with repository(auth="bearer") as registry, Registry() as other:
    registry.fault = lambda request: request.answer(302, Location=other.url + "/token") \
        if request.path.startswith("/token") else False
    done = pull(registry)
    tap.point("a token server's redirect is not followed", refused(done, 6, "HTTP 302") or
              (None if not other.log else "it was"), done.log)



def refresh(request):
    if not request.path.startswith("/token"):
        return False
    form = request.body().decode()
    good = request.command == "POST" and "grant_type=refresh_token" in form and "refresh_token=t0ken-to-refresh" in form
    return request.answer(200 if good else 400, json.dumps({"access_token": request.registry.token}).encode())


with repository(refresh, auth="bearer") as registry:
    with open(AUTH, "w", encoding="utf-8") as stream:
        json.dump({"auths": {registry.host: {"identitytoken": "t0ken-to-refresh"}}}, stream)
    done = pull(registry)
    tap.point("an identity token is exchanged", done.problem(0) or whole(), done.log)

for name, text in (("no token", b"{}"), ("a token with a line break", b'{"token":"a\\r\\nX: y"}'), ("no JSON", b"<html>")):
    with repository(auth="bearer") as registry:
        registry.fault = lambda request, text=text: request.answer(200, text) if request.path.startswith("/token") else False
        done = pull(registry)
        tap.point(f"a token server that answers with {name}", refused(done, 6, "token"), done.log)

# --- redirects ---

with repository(auth="bearer") as registry, Registry() as other:
    filled(other)
    registry.fault = blobs(lambda request: request.answer(307, Location=other.url + request.path) if
                           request.headers.get("Authorization") else False)
    done = pull(registry)
    tap.point("a redirect to another host is followed", done.problem(0) or whole(), done.log)
    tap.point("without credentials", None if other.log and not any("Authorization" in h for _, _, h in other.log) else other.log)

with repository(auth="bearer") as registry, Registry(auth="bearer") as other:
    registry.fault = blobs(lambda request: request.answer(307, Location=other.url + request.path) if
                           request.headers.get("Authorization") else False)
    done = pull(registry)
    tap.point("another host's challenge is not answered", refused(done, 6, "HTTP 401") or
              (None if not other.seen("GET", "/token") and not any("Authorization" in h for _, _, h in other.log)
               else "it was"), done.log)

with repository(blobs(lambda request: request.answer(307, Location=request.path))) as registry:
    done = pull(registry)
    tap.point("redirects in a circle end", refused(done, 6, "redirects") or
              (None if len(registry.log) < 40 else f"{len(registry.log)} requests"), done.log)

for name, location in (("plain http on another machine", "http://192.0.2.1/x"), ("a file", "file:///etc/passwd"), ("no URL", "http://[::"), ("a URL with a password", "http://a:b@127.0.0.1:1/")):
    with repository(blobs(lambda request, location=location: request.answer(302, Location=location))) as registry:
        done = pull(registry)
        tap.point(f"a redirect to {name} is refused", refused(done, 6), done.log)

# --- content ---

with repository() as registry:
    registry.fault = layer(registry.layer, lambda request: request.answer(200, BIG[:-1]))
    done = pull(registry)
    tap.point("a body that is too short", refused(done, 3, "size mismatch"), done.log)

with repository() as registry:
    registry.fault = layer(registry.layer, lambda request: request.answer(200, BIG + b"x"))
    done = pull(registry)
    tap.point("a body that is too long", refused(done, 3, "size mismatch"), done.log)

with repository() as registry:
    registry.fault = layer(registry.layer, lambda request: request.answer(200, bytes([BIG[0] ^ 1]) + BIG[1:]))
    done = pull(registry)
    tap.point("other content", refused(done, 3, "digest mismatch"), done.log)


def endless(request):
    request.send_response(200)
    request.end_headers()
    try:
        while True:
            request.wfile.write(bytes(65536))
    except OSError:
        return request.drop()


with repository(lambda request: endless(request) if "/manifests/" in request.path else False) as registry:
    done = pull(registry)
    tap.point("a manifest without end", refused(done, 6, "larger than it may be"), done.log)

with repository() as registry:
    registry.fault = layer(registry.layer, endless)
    done = pull(registry)
    tap.point("a blob without end", refused(done, 3, "size mismatch"), done.log)

with repository() as registry:
    data, kind = registry.manifests["app", "1"]
    lie = json.loads(data)
    lie["layers"][0]["size"] = SIZE * 1000
    registry.put_manifest("app", "1", json.dumps(lie).encode(), kind)
    done = pull(registry)
    tap.point("a manifest that lies about a size", refused(done, 3, "size mismatch"), done.log)
    lie["layers"][0]["size"] = 10
    registry.put_manifest("app", "1", json.dumps(lie).encode(), kind)
    done = pull(registry)
    tap.point("a manifest that lies the other way", refused(done, 3, "size mismatch"), done.log)
    lie["layers"][0]["size"] = 1 << 50
    registry.put_manifest("app", "1", json.dumps(lie).encode(), kind)
    done = pull(registry)
    tap.point("a blob of a petabyte is not even begun", refused(done, 3, "above 64 GiB"), done.log)

with repository() as registry:
    registry.fault = lambda request: request.answer(
        200, registry.manifests["app", "1"][0], Content_Type=f"{VENDOR}.manifest.v1+json",
        Docker_Content_Digest="sha256:" + "0" * 64) if "/manifests/" in request.path else False
    done = pull(registry)
    tap.point("a manifest that is not what its header says", refused(done, 3, "digest mismatch"), done.log)
    done = pull(registry, "app@sha256:" + "1" * 64)
    tap.point("a manifest that is not what was asked for", refused(done, 3, "digest mismatch"), done.log)

for name, document, text in (("of docker's schema 1", {"schemaVersion": 1, "fsLayers": []}, "schema 1"),
                             ("that is no object", [], "not an object"), ("that is both kinds", {
                                 "schemaVersion": 2, "layers": [], "manifests": [], "config": {}}, "ambiguous")):
    with repository() as registry:
        registry.put_manifest("app", "1", json.dumps(document).encode(), f"{VENDOR}.manifest.v1+json")
        done = pull(registry)
        tap.point(f"a manifest {name}", refused(done, 3, text), done.log)

with repository(lambda request: request.answer(200, b"x", X_Junk=["y" * 8000] * 20)) as registry:
    done = pull(registry)
    tap.point("huge headers", refused(done, 6, "headers"), done.log)

with repository(lambda request: request.answer(200, b"x", X_Junk=["y"] * 1000)) as registry:
    done = pull(registry)
    tap.point("a thousand headers", refused(done, 6), done.log)

# --- second tries ---

for status in (429, 503):
    with repository(first(1, lambda request, status=status: request.answer(status, b"{}", Retry_After=1))) as registry:
        began = time.monotonic()
        done = pull(registry)
        waited = time.monotonic() - began
        tap.point(f"{status}: waited for as long as it asks", done.problem(0) or whole() or
                  (None if waited >= 1 else f"{waited:.2f} s"), done.log)

with repository(lambda request: request.answer(503, b"{}", Retry_After=3600)) as registry:
    done = pull(registry)
    tap.point("an hour is not waited for", refused(done, 6, "3600 seconds") or
              (None if len(registry.log) < 4 else "asked again"), done.log)

with repository(lambda request: request.answer(500, b"{}")) as registry:
    done = pull(registry)
    tap.point("500 for ever is an error", refused(done, 6, "HTTP 500") or
              (None if len(registry.seen("GET", "/manifests/")) == 5 else len(registry.log)), done.log)

with repository(first(2, lambda request: request.drop() if "/manifests/" in request.path else False)) as registry:
    done = pull(registry)
    tap.point("a lost connection is tried again", done.problem(0) or whole(), done.log)

# --- cut and gone on with ---

with repository() as registry:
    registry.fault = layer(registry.layer, lambda request: request.cut(SIZE // 3 + 1))
    done = pull(registry)
    ranges = [headers.get("Range") for path, headers in registry.seen("GET", registry.layer)]
    tap.point("cut in the middle of a blob, thrice: gone on with", done.problem(0) or whole(), done.log)
    tap.point("from where it was", None if ranges == [None, f"bytes={SIZE // 3 + 1}-", f"bytes={2 * (SIZE // 3 + 1)}-"] else ranges)

with repository() as registry:
    registry.fault = layer(registry.layer, first(1, lambda request: request.cut(1000)))
    refuse = first(1, lambda request: request.answer(200, BIG) if request.headers.get("Range") else False)
    cut = registry.fault
    registry.fault = lambda request: cut(request) or layer(registry.layer, refuse)(request)
    done = pull(registry)
    tap.point("a server without ranges sends the whole again", done.problem(0) or whole(), done.log)

with repository() as registry:
    cut = layer(registry.layer, first(1, lambda request: request.cut(1000)))
    registry.fault = lambda request: cut(request) or layer(registry.layer, lambda r: r.answer(
        206, BIG[500:], Content_Range=f"bytes 500-{SIZE - 1}/{SIZE}"))(request)
    done = pull(registry)
    tap.point("another range than was asked for", refused(done, 6, "another range"), done.log)

with repository() as registry:
    registry.fault = layer(registry.layer, lambda request: request.cut(0))
    done = pull(registry)
    tap.point("cut for ever is an error", refused(done, 6) or
              (None if len(registry.seen("GET", registry.layer)) < 8 else "asked too often"), done.log)


def drip(request):
    request.send_response(200)
    request.send_header("Content-Length", str(SIZE))
    request.end_headers()
    try:
        for byte in BIG:
            request.wfile.write(bytes([byte]))
            request.wfile.flush()
            time.sleep(0.2)
    except OSError:
        pass
    return request.drop()


with repository() as registry:
    registry.fault = layer(registry.layer, drip)
    done = pull(registry, config=IMPATIENT)
    tap.point("a slow loris is given up", refused(done, 6), done.log)

with repository(lambda request: time.sleep(3600) or request.drop()) as registry:
    done = pull(registry, config=IMPATIENT)
    tap.point("as is one that says nothing", refused(done, 6), done.log)

with repository() as registry:
    registry.fault = layer(registry.layer, drip)
    shutil.rmtree("out", ignore_errors=True)
    process = start("pull", registry.reference("app:1"), "oci:out:1", "--config", CONFIG)
    until(lambda: registry.seen("GET", registry.layer) or process.poll() is not None)
    process.send_signal(signal.SIGINT)
    done = finish(process)
    tap.point("an interrupt leaves nothing", refused(done, 128 + signal.SIGINT), done.log)

# --- tags ---

with repository() as registry:
    registry.tags = [f"v{i:05}" for i in range(10000)]
    done = thresh("tree", "--tags", registry.reference("app"))
    tap.point("10,000 tags", done.problem(0) or (None if done.out.split() == registry.tags else "not all"), done.log[:500])
    registry.tags.append("one-more")
    done = thresh("tree", "--tags", registry.reference("app"))
    tap.point("more are not listed, and it is said", done.problem(0, "more than 10000") or
              (None if len(done.out.split()) == 10000 else "not 10,000"), done.err)

with repository(lambda request: request.answer(200, b'{"tags":["a"]}', Link=f'<{request.path}>; rel="next"')
                if "/tags/" in request.path else False) as registry:
    done = thresh("tree", "--tags", registry.reference("app"))
    tap.point("a list that repeats itself", done.problem(6, "repeats"), done.log)

with repository(lambda request: request.answer(200, json.dumps({"tags": [f"t{time.monotonic_ns()}"]}).encode(),
                                               Link='</v2/app/tags/list?x=' + str(time.monotonic_ns()) + '>; rel="next"')
                if "/tags/" in request.path else False) as registry:
    done = thresh("tree", "--tags", registry.reference("app"))
    tap.point("a list without end", done.problem(0, "more than") or
              (None if len(registry.log) < 150 else f"{len(registry.log)} requests"), done.log[-500:])

with repository(auth="bearer") as registry, Registry() as other:
    registry.fault = lambda request: request.answer(
        200, b'{"tags":["a"]}', Link=f'<{other.url}/v2/app/tags/list>; rel="next"') if "/tags/" in request.path else False
    done = thresh("tree", "--tags", registry.reference("app"))
    tap.point("a next page on another host is not asked for", done.problem(0) or (None if not other.log else "it was"), done.log)

# --- pushing ---

with repository(auth="bearer") as registry, Registry() as other:
    other.home, other.uploads = registry, registry.uploads
    registry.upload_base = other.upload_base = other.url
    done = thresh("push", "oci:source", registry.reference("new:1"))
    tap.point("an upload's location on another host is used", done.problem(0) or
              (None if other.seen("PUT", "/uploads/") and ("new", "1") in registry.manifests else "not there"), done.log)
    tap.point("without credentials", None if not any("Authorization" in h for _, _, h in other.log) else other.log)

with repository() as registry:
    registry.fault = lambda request: request.body() and request.answer(413, b"{}") \
        if request.command == "PUT" and "/uploads/" in request.path and int(request.headers["Content-Length"]) > 100000 else False
    done = thresh("push", "oci:source", registry.reference("new:1"))
    tap.point("too large a piece goes in chunks", done.problem(0) or (None if registry.seen("PATCH", "/uploads/") else "no PATCH") or
              (None if ("new", registry.layer) in registry.links else "not there"), done.log)


def says(command, part, status, body=b"", **headers):
    """For each such request, whatever it is about."""
    return lambda request: request.body() is not None and request.answer(status, body, **headers) \
        if request.command == command and part in request.path else False


for status in (400, 405):
    with repository(says("HEAD", "/blobs/", status)) as registry:
        done = thresh("push", "oci:source", registry.reference("new:1"))
        tap.point(f"no HEAD for blobs ({status})", done.problem(0) or (None if ("new", "1") in registry.manifests else "no tag"), done.log)
PAGE = {"Content_Type": "text/html; charset=utf-8"}
for name, fault in (("501", says("GET", "/referrers/", 501)), ("a web page", says("GET", "/referrers/", 200, b"<html></html>", **PAGE))):
    with repository(fault) as registry:
        done = pull(registry)
        tap.point(f"{name} in place of referrers", done.problem(0) or whole() or
                  (None if registry.seen("GET", "/manifests/sha256-") else "the tag was not asked for"), done.log)
shutil.rmtree("out")
with repository() as registry:
    registry.fault = lambda request: setattr(request, "send_response", lambda status, *more: type(request).send_response(
        request, 204 if request.command == "PUT" and "/uploads/" in request.path else status, *more))
    done = thresh("push", "oci:source", registry.reference("new:1"))
    tap.point("a blob that is taken with 204", done.problem(0) or (None if ("new", "1") in registry.manifests else "no tag"), done.log)

LEAST = 20 << 20
layout(os.path.join(directory, "large"), [os.urandom(1 << 20) * 45], media="tar")
with repository() as registry:
    def least(request):
        if request.command == "PUT" and "/uploads/" in request.path and int(request.headers["Content-Length"]) > 1 << 20:
            return request.body() is not None and request.answer(413, b"{}")
        if request.command == "POST" and "/uploads/" in request.path:
            request.end_headers = lambda: (request.send_header("OCI-Chunk-Min-Length", str(LEAST)), type(request).end_headers(request))
        elif "end_headers" in vars(request):
            del request.end_headers
        return False
    registry.fault = least
    done = thresh("push", "oci:large", registry.reference("new:1"))
    sizes = [int(h["Content-Length"]) for _, h in registry.seen("PATCH", "/uploads/")]
    tap.point("no chunk is smaller than the registry's least but the last", done.problem(0) or
              (None if len(sizes) == 3 and min(sizes[:-1]) >= LEAST else sizes), done.log)


def cut_upload(request):
    """Takes a third, then cuts."""
    if "/uploads/" not in request.path or int(request.headers.get("Content-Length") or 0) < SIZE // 2:
        return False
    name = request.path.split("?")[0].rsplit("/", 1)[1]
    data = request.rfile.read(SIZE // 3)
    request.registry.uploads[name] += data
    return request.drop()


with repository() as registry:
    registry.fault = first(1, lambda request: cut_upload(request) if request.command == "PUT" else False)
    done = thresh("push", "oci:source", registry.reference("new:1"))
    begun = [h.get("Content-Range", "") for _, h in registry.seen("PATCH", "/uploads/")]
    tap.point("an upload that was cut is gone on with", done.problem(0) or
              (None if begun and begun[0].startswith(f"{SIZE // 3}-") else begun), done.log)
    tap.point("and is right", None if registry.blobs.get(registry.layer) == BIG and ("new", registry.layer) in registry.links
              else "it is not")

with repository() as registry:
    registry.fault = lambda request: request.body() is not None and request.answer(400, b"{}") \
        if request.command == "PUT" and "/manifests/sha256" in request.path else False
    done = thresh("push", "oci:source", registry.reference("new:1"))
    tap.point("where a document is refused there is no tag", done.problem(6, "HTTP 400") or
              (None if ("new", "1") not in registry.manifests else "there is"), done.log)

with repository() as registry:
    done = thresh("copy", registry.reference("app:1"), registry.reference("other/app:2"))
    posts = [path for path, _ in registry.seen("POST", "/uploads/")]
    tap.point("inside a registry blobs are mounted", done.problem(0) or
              (None if all("from=app" in path for path in posts) and not registry.seen("PUT", "/uploads/") and
               not registry.seen("GET", registry.layer) and ("other/app", "2") in registry.manifests else posts), done.log)
    before = len(registry.log)
    done = thresh("copy", registry.reference("app:1"), registry.reference("other/app:3"))
    tap.point("what is there is not sent again", done.problem(0) or
              (None if not [1 for command, _, _ in registry.log[before:] if command == "POST"] else "it was"), done.log)

with Registry() as registry:
    registry.fault = lambda request: request.answer(403, b"{}") if request.command == "POST" else False
    layout("real", [base()])
    done = thresh("harden", "oci:real", registry.reference("new:1"))
    tap.point("nothing runs for a place where nothing may be pushed", done.problem(6, "HTTP 403") or
              (None if "trac" not in done.err else "it ran"), done.log)

with open(os.path.join(SOURCE, "blobs/sha256", digest_of(BIG)[7:]), "r+b") as stream:
    stream.write(b"tampered")
with Registry() as registry:
    done = thresh("push", "oci:source", registry.reference("new:1"))
    tap.point("a blob that is not what it says is not sent", done.problem(3, "digest mismatch") or
              (None if not registry.manifests else "it was"), done.log)

# --- where nothing is ---

done = thresh("pull", "docker://127.0.0.1:1/app:1", "oci:out:1")
tap.point("no registry", refused(done, 6), done.log)

# --- several at a time ---

with repository() as registry:
    SOURCE = layout(os.path.join(directory, "source"), [os.urandom(100000) for _ in range(8)], media="tar")
    filled(registry)
    running, most, more = [0], [0], threading.Condition()

    def count(request):
        """Each waits for a second one, and for a moment for one too many."""
        with more:
            running[0] += 1
            most[0] = max(most[0], running[0])
            more.notify_all()
            more.wait_for(lambda: most[0] >= 2, PATIENCE)
        time.sleep(0.1)
        with more:
            running[0] -= 1
        return False

    registry.fault = blobs(count)
    done = pull(registry)
    tap.point("layers come several at a time, and not all at once", done.problem(0) or (None if 2 <= most[0] <= 4 else most), done.log)

tap.end()
