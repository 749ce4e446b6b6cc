#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The same bytes: three traces of one image give one digest, and one profile gives that digest too under another time, umask,
# locale, time zone, home, number of processors, directory order and user. (tests/full/retrace traces all images ten times.)
# timeout: 300
set -u
number=0 failed=0
point() { # point NAME WHAT-WAS-FOUND: passes where it is the digest of the first trace
	number=$((number + 1))
	if [ -n "$first" ] && [ "$2" = "$first" ]; then
		echo "ok $number - $1"
	else
		echo "not ok $number - $1"
		echo "# want $first, got $2"
		tail -n 20 "$TMPDIR/log" | sed 's/^/# /'
		failed=1
	fi
}
"$TOP/tools/images/make-image" flask "$IMAGES" >"$TMPDIR/log" 2>&1 || { sed 's/^/# /' "$TMPDIR/log"; echo "Bail out! no image"; exit 1; }
image=oci:$IMAGES/flask
unset SOURCE_DATE_EPOCH
export THRESH_CACHE="$TMPDIR/cache"
digest() { jq -r '.manifests[0].digest' "$1/index.json" 2>>"$TMPDIR/log"; }

first=
for round in 1 2 3; do
	"$THRESH" harden "$image" "oci:$TMPDIR/sealed-$round" --probe http://:8080/ --out "$TMPDIR/out-$round" >"$TMPDIR/log" 2>&1 </dev/null
	[ "$round" != 1 ] || first=$(digest "$TMPDIR/sealed-1")
	point "trace $round" "$(digest "$TMPDIR/sealed-$round")"
done

profile=$TMPDIR/out-1/profile.json
varied=$TMPDIR/varied
cut() { # cut NAME COMMAND-BEFORE-IT...: the image cut by the profile, under other circumstances
	name=$1; shift
	rm -rf "$varied"
	mkdir -m 777 "$varied"
	"$@" "$THRESH" cut "$image" "oci:$varied/sealed" --profile "$profile" >"$TMPDIR/log" 2>&1 </dev/null
	point "$name" "$(digest "$varied/sealed")"
}
with_umask() ( umask "$1"; shift; "$@" )
cut "by its profile" env
if command -v faketime >/dev/null; then
	cut "another time" faketime '2031-02-03 04:05:06'
else
	number=$((number + 1))
	echo "ok $number - another time # SKIP faketime is not installed"
fi
cut "umask 000" with_umask 000
cut "umask 077" with_umask 077
cut "another locale" env LC_ALL=POSIX LANG=de_DE.UTF-8
cut "another time zone" env TZ=Asia/Tokyo
cut "one processor" taskset -c "$(taskset -cp $$ | sed 's/.*: *//; s/[-,].*//')"
cut "an empty environment" env -i PATH="$PATH" HOME=/nowhere THRESH_CACHE="$TMPDIR/cache-2"
if [ "$(stat -f -c %T /dev/shm 2>/dev/null)" = tmpfs ] && other=$(mktemp -d /dev/shm/thresh-test-XXXXXX); then
	cut "a cache on another file system" env THRESH_CACHE="$other"
	rm -rf "$other"
else
	cut "another cache" env THRESH_CACHE="$TMPDIR/cache-3"
fi
if [ "$(id -u)" = 0 ]; then
	install -d -m 700 -o 65533 -g 65533 "$TMPDIR/cache-4"
	cut "another user" setpriv --reuid 65533 --regid 65533 --clear-groups env HOME=/nowhere THRESH_CACHE="$TMPDIR/cache-4"
fi
echo "1..$number"
exit $failed
