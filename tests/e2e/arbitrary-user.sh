#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An image that runs as any user (thresh.yaml, arbitrary-user), in podman as OpenShift starts it: a uid that nobody chose, group
# 0. It works on every route, and the user has a name; the same image as its own user works too. One without the setting
# shows that the test can fail: there the user has no name.
# timeout: 600
set -u
judges=$TOP/tests/judges
export THRESH_CACHE=$TMPDIR/cache JUDGE_STORAGE=$TMPDIR/storage
number=0 failed=0
program='import http.server, os, pwd
def name():
    try: return pwd.getpwuid(os.getuid()).pw_name
    except KeyError: return "nobody that is known"
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        open("/tmp/written", "w").write("x")
        body = ("hello" if self.path == "/" else name() + " " + os.path.expanduser("~")).encode()
        self.send_response(200); self.send_header("Content-Length", str(len(body))); self.end_headers(); self.wfile.write(body)
http.server.HTTPServer(("", 8080), Handler).serve_forever()'

point() { # point NAME COMMAND...
	local name=$1
	shift
	number=$((number + 1))
	if "$@" >"$TMPDIR/log" 2>&1 </dev/null; then
		echo "ok $number - $name"
	else
		failed=1
		echo "not ok $number - $name"
		tail -n 25 "$TMPDIR/log" | sed 's/^/# | /'
	fi
}

# as_user USER IMAGE PATH TEXT: podman as emitted, with that --user; and without its own way of giving a user a name, which not
# every engine has; nor with a network, whose bridge is the whole machine's.
as_user() {
	"$THRESH" manifest "$2" --target podman --image localhost/arbitrary:1 --format json |
		jq --arg user "$1" 'index("--user") as $at | .[$at + 1] = $user | .[0:2] + ["--network", "none", "--passwd=false"] + .[2:]' >"$TMPDIR/words.json" || return 1
	"$judges/podman-run.sh" "$2" "$TMPDIR/words.json" "$judges/expect.sh" 8080 / hello "$3" "$4"
}

kubernetes() { # what the cluster gives is not fixed
	"$THRESH" manifest "$1" --target kubernetes >"$TMPDIR/pod.yaml" && ! grep -E 'runAsUser|runAsGroup|fsGroup' "$TMPDIR/pod.yaml" &&
		grep -q 'runAsNonRoot: true' "$TMPDIR/pod.yaml"
}

echo 'arbitrary-user: true' >"$TMPDIR/thresh.yaml"
point "made" "$TOP/tools/images/make-image" flask "$IMAGES"
mkdir "$TMPDIR/any" "$TMPDIR/own"
point "hardened" "$THRESH" harden "oci:$IMAGES/flask:latest" "oci:$TMPDIR/any:1" --config "$TMPDIR/thresh.yaml" -- python3 -c "$program"
point "as uid 1000650000 of group 0" as_user 1000650000:0 "oci:$TMPDIR/any:1" /who "user "
point "as its own user" as_user 65532:65532 "oci:$TMPDIR/any:1" /who "thresh "
point "kubernetes leaves the user to the cluster" kubernetes "oci:$TMPDIR/any:1"
point "thresh verify finds nothing" "$THRESH" verify "oci:$TMPDIR/any:1"
point "hardened without it" "$THRESH" harden "oci:$IMAGES/flask:latest" "oci:$TMPDIR/own:1" -- python3 -c "$program"
point "there nobody is known" as_user 1000650000:0 "oci:$TMPDIR/own:1" /who "nobody that is known"
umount -l "$JUDGE_STORAGE/root/overlay" "$JUDGE_STORAGE/root" 2>/dev/null
[ ! -L "$JUDGE_STORAGE/run" ] || rm -rf "$(readlink "$JUDGE_STORAGE/run")"
echo "1..$number"
exit $failed
