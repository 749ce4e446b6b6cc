# SPDX-License-Identifier: Apache-2.0
"""A registry of our own for the tests: distribution-spec 1.1 with the referrers API, in memory, on loopback; and all that a
registry can do wrong.

    with Registry() as registry:
        registry.fault = lambda request: request.cut(1000) if "/blobs/sha256:" in request.path else False
        thresh("pull", registry.reference("app"), …)
        registry.seen("GET", "/blobs/")

A fault is asked for each request, answers it and returns True, or returns False and leaves it to the registry.
"""
import base64
import hashlib
import http.server
import itertools
import json
import re
import socket
import ssl
import threading
import urllib.parse

VENDOR = "application/vnd.oci.image"


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        pass  # connections are cut on purpose here


class Request(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    # --- what faults are made of ---

    def answer(self, status, body=b"", length=None, **headers):
        """Headers are named as Content_Type. @length: a Content-Length that may lie."""
        self.send_response(status)
        for name, value in headers.items():
            for one in value if isinstance(value, list) else [value]:
                self.send_header(name.replace("_", "-"), str(one))
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        return True

    def drop(self):
        """Cuts the connection."""
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        return True

    def cut(self, count):
        """Sends as asked for, but no more than @count bytes of it."""
        data, start = self.requested()
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(data) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.end_headers()
        self.wfile.write(data[start:start + count])
        self.wfile.flush()
        return self.drop() if start + count < len(data) else True

    def requested(self):
        """The blob of this path, and where the range begins."""
        data = self.registry.blobs.get(self.path.split("?")[0].rsplit("/", 1)[1], b"")
        match = re.match(r"bytes=(\d+)-$", self.headers.get("Range", ""))
        return data, int(match.group(1)) if match else 0

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    # --- the registry ---

    @property
    def registry(self):
        return self.server.registry

    def run(self):
        registry = self.registry
        registry.log.append((self.command, self.path, dict(self.headers)))
        if registry.fault and registry.fault(self):
            return
        if not registry.authorize(self):
            self.body()
            return
        path = urllib.parse.urlsplit(self.path).path
        for pattern, method in ((r"^/v2/$", self.base), (r"^/v2/(.+)/blobs/uploads/(.*)$", self.upload),
                                (r"^/v2/(.+)/blobs/(sha256:[0-9a-f]{64})$", self.blob),
                                (r"^/v2/(.+)/manifests/(.+)$", self.manifest),
                                (r"^/v2/(.+)/referrers/(.+)$", self.referrers), (r"^/v2/(.+)/tags/list$", self.tags)):
            match = re.match(pattern, path)
            if match:
                method(*match.groups())
                return
        self.answer(404, b"404 page not found")

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = run

    def query(self):
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))

    def base(self):
        self.answer(200, b"{}")

    def blob(self, repository, name):
        if (repository, name) not in self.registry.links:
            self.answer(404, json.dumps({"errors": [{"code": "BLOB_UNKNOWN", "message": "not here"}]}).encode())
            return
        data, start = self.requested()
        if start:
            self.answer(206, data[start:], Content_Range=f"bytes {start}-{len(data) - 1}/{len(data)}")
        else:
            self.answer(200, data, Docker_Content_Digest=name)

    def upload(self, repository, name):
        registry = self.registry
        query = self.query()
        if self.command == "POST":
            self.body()
            if query.get("mount") and (query.get("from"), query["mount"]) in registry.links:
                registry.links.add((repository, query["mount"]))
                self.answer(201, Location=f"/v2/{repository}/blobs/{query['mount']}")
                return
            name = str(next(registry.names))
            registry.uploads[name] = b""
            self.answer(202, Location=registry.upload_base + f"/v2/{repository}/blobs/uploads/{name}", Range="0-0")
            return
        if name not in registry.uploads:
            self.body()
            self.answer(404)
            return
        location = registry.upload_base + f"/v2/{repository}/blobs/uploads/{name}"
        if self.command == "GET":
            has = len(registry.uploads[name])
            self.answer(204, Location=location, Range=f"0-{max(has - 1, 0)}")
        elif self.command == "DELETE":
            self.answer(204)
        elif self.command == "PATCH":
            data = self.body()
            begin = int(self.headers.get("Content-Range", "0-").split("-")[0])
            if begin != len(registry.uploads[name]):
                self.answer(416, Location=location, Range=f"0-{max(len(registry.uploads[name]) - 1, 0)}")
                return
            registry.uploads[name] += data
            self.answer(202, Location=location, Range=f"0-{len(registry.uploads[name]) - 1}")
        else:
            data = registry.uploads.pop(name) + self.body()
            if digest_of(data) != query.get("digest"):
                self.answer(400, json.dumps({"errors": [{"code": "DIGEST_INVALID"}]}).encode())
                return
            registry.home.blobs[digest_of(data)] = data
            registry.home.links.add((repository, digest_of(data)))
            self.answer(201, Location=f"/v2/{repository}/blobs/{digest_of(data)}")

    def manifest(self, repository, name):
        registry = self.registry
        if self.command == "PUT":
            data = self.body()
            subject = (json.loads(data).get("subject") or {}).get("digest")
            more = {"OCI_Subject": subject} if subject and registry.api else {}
            registry.put_manifest(repository, name, data, self.headers["Content-Type"])
            self.answer(201, Docker_Content_Digest=digest_of(data), **more)
            return
        found = registry.manifests.get((repository, name))
        if not found:
            self.answer(404, json.dumps({"errors": [{"code": "MANIFEST_UNKNOWN", "message": "unknown"}]}).encode())
            return
        self.answer(200, found[0], Content_Type=found[1], Docker_Content_Digest=digest_of(found[0]))

    def referrers(self, repository, subject):
        if not self.registry.api:
            self.answer(404, b"404 page not found")
            return
        entries = []
        for (where, name), (data, media_type) in sorted(self.registry.manifests.items()):
            document = json.loads(data)
            if where != repository or not name.startswith("sha256:") or \
                    (document.get("subject") or {}).get("digest") != subject:
                continue
            entries.append({"mediaType": media_type, "digest": name, "size": len(data),
                            "artifactType": document.get("artifactType") or document["config"]["mediaType"]})
        self.page(entries, lambda part: {"schemaVersion": 2, "mediaType": f"{VENDOR}.index.v1+json", "manifests": part},
                  f"{VENDOR}.index.v1+json")

    def tags(self, repository):
        names = self.registry.tags or sorted(n for r, n in self.registry.manifests if r == repository and ":" not in n)
        self.page(names, lambda part: {"name": repository, "tags": part}, "application/json")

    def page(self, items, document, media_type):
        query = self.query()
        count = min(int(query.get("n") or 1000), self.registry.page)
        start = int(query.get("last") or 0)
        more = {}
        if start + count < len(items):
            path = urllib.parse.urlsplit(self.path).path
            more["Link"] = f"<{path}?n={count}&last={start + count}>; rel=\"next\""
        self.answer(200, json.dumps(document(items[start:start + count])).encode(), Content_Type=media_type, **more)


class Registry:
    """@auth: None, "basic" or "bearer" (user:s3cret-password); @api: has the referrers API; @tls: (certificate, key)."""

    def __init__(self, auth=None, api=True, tls=None):
        self.blobs, self.links, self.manifests, self.uploads, self.log = {}, set(), {}, {}, []
        self.auth, self.api, self.fault, self.tags, self.page = auth, api, None, None, 1000
        self.names = itertools.count()
        self.token, self.realm, self.home, self.upload_base = "t0ken-that-is-secret", None, self, ""
        self.server = Server(("127.0.0.1", 0), Request)
        self.server.registry = self
        self.host = f"127.0.0.1:{self.server.server_address[1]}"
        self.scheme = "https" if tls else "http"
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self):
        return f"{self.scheme}://{self.host}"

    def reference(self, name):
        return f"docker://{self.host}/{name}"

    def seen(self, method, part):
        return [(path, headers) for command, path, headers in self.log if command == method and part in path]

    def put_manifest(self, repository, name, data, media_type):
        self.manifests[repository, name] = self.manifests[repository, digest_of(data)] = (data, media_type)

    def put_blob(self, repository, data):
        self.blobs[digest_of(data)] = data
        self.links.add((repository, digest_of(data)))
        return {"digest": digest_of(data), "size": len(data)}

    def authorize(self, request):
        """Whether the request may pass; else it has been answered."""
        given = request.headers.get("Authorization", "")
        basic = "Basic " + base64.b64encode(b"user:s3cret-password").decode()
        path = urllib.parse.urlsplit(request.path).path
        if path == "/token":
            if given != basic:
                request.answer(401, json.dumps({"errors": [{"code": "UNAUTHORIZED", "message": given}]}).encode())
            else:
                request.answer(200, json.dumps({"token": self.token}).encode())
            return False
        if self.auth == "basic" and given != basic:
            request.answer(401, b"{}", WWW_Authenticate='Basic realm="test"')
            return False
        if self.auth == "bearer" and given != "Bearer " + self.token:
            realm = self.realm or f"{self.url}/token"
            request.answer(401, b"{}", WWW_Authenticate=f'Bearer realm="{realm}",service="test"')
            return False
        return True
