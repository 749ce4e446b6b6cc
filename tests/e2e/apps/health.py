# SPDX-License-Identifier: Apache-2.0
"""A server on port 8080, ready when /tmp/ready is there; its check, as an image has one in a file of its own, is `health.py check`."""
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = b'{"status": "UP"}'
        self.send_response(200 if self.path != "/broken" else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if sys.argv[1:] == ["check"]:
    import colorsys  # what the check alone uses
    import urllib.request
    sys.exit(0 if colorsys.rgb_to_hls(0, 0, 0) and urllib.request.urlopen("http://127.0.0.1:8080/").status == 200 else 1)
with open("/tmp/ready", "w", encoding="ascii"):
    pass
ThreadingHTTPServer(("", 8080), Handler).serve_forever()
