#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The README's commands run: `make demo` as it stands, and the commands for "your own image" in a directory that has what
# they name: an image `app`, a smoke test and vulnerability data. (`make check` is what runs this.)
# timeout: 900
set -u
echo 1..4
number=0
point() { # point NAME STATUS LOG
	number=$((number + 1))
	if [ "$2" = 0 ]; then
		echo "ok $number - $1"
	else
		echo "not ok $number - $1"
		tail -n 30 "$3" | sed 's/^/# /'
	fi
}

make -C "$TOP" demo >"$TMPDIR/demo.log" 2>&1
point "make demo" $? "$TMPDIR/demo.log"

mkdir "$TMPDIR/own"
cd "$TMPDIR/own" || exit 1
"$TOP/tools/images/make-image" nginx "$IMAGES" >"$TMPDIR/image.log" 2>&1 && cp -a "$IMAGES/nginx" app
point "an image of one's own" $? "$TMPDIR/image.log"
cat >smoke-test.sh <<'EOF'
#!/bin/sh
exec curl -fsS -o /dev/null "http://$THRESH_HOST:$THRESH_PORT/"
EOF
chmod +x smoke-test.sh
echo '{"dash": {"CVE-2099-0001": {"releases": {"bookworm": {"status": "open"}}}}}' >tracker.json

# the sh blocks, but for those of make
awk '/^```sh$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$TOP/README.md" | grep -v '^make ' >commands
grep -q '^thresh harden ' commands
point "the README has commands" $? commands
PATH="$(dirname "$THRESH"):$PATH" sh -eux commands >"$TMPDIR/commands.log" 2>&1 </dev/null
point "the README's commands run" $? "$TMPDIR/commands.log"
