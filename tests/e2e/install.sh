#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is installed runs from where it lies, with its programs beside it.
# timeout: 120
set -u
echo 1..3
root=$TMPDIR/root
DESTDIR=$root meson install --no-rebuild -C "$BUILD" >"$TMPDIR/log" 2>&1 || sed 's/^/# /' "$TMPDIR/log"
thresh=$(find "$root" -path '*/bin/thresh' -type f)
[ -n "$thresh" ] && [ -n "$(find "$root" -path '*/libexec/thresh/thresh-init')" ] &&
	[ -n "$(find "$root" -path '*/libexec/thresh/thresh-agent')" ] || printf 'not '
echo "ok 1 - the programs"
[ -n "$(find "$root" -path '*/man1/thresh.1*')" ] && [ -n "$(find "$root" -path '*/man5/thresh.yaml.5*')" ] || printf 'not '
echo "ok 2 - the manual"
# moved, since only where it was built may the path that was compiled in be right
mv "$root" "$TMPDIR/moved"
thresh=$TMPDIR/moved${thresh#"$root"}
"$TOP/tools/images/make-image" nginx "$IMAGES" >"$TMPDIR/log" 2>&1
if env -u THRESH_LIBEXEC THRESH_CACHE="$TMPDIR/cache" "$thresh" harden "oci:$IMAGES/nginx" "oci:$TMPDIR/sealed" --probe http://:80/ \
	>"$TMPDIR/log" 2>&1 </dev/null; then
	echo "ok 3 - hardens"
else
	sed 's/^/# /' "$TMPDIR/log"
	echo "not ok 3 - hardens"
fi
