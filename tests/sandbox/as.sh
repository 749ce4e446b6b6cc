#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# as.sh root|range|single PROGRAM HOSTILE: runs a sandbox test under one of the three identities. What this
# machine cannot offer is a skip with its reason.
set -eu
kind=$1 program=$2 hostile=$3

skip() {
	echo "1..0 # SKIP $1"
	exit 0
}

find_user() {
	user=$(awk -F: '$3 >= 65536 && $1 !~ /^[0-9]/ && $1 != "root" { print $1; exit }' /etc/subuid 2>/dev/null || true)
}
range_user() { # on a machine of one's own nobody is made without being asked
	find_user
	[ -z "$user" ] && [ -n "${CI:-}" ] && command -v useradd usermod >/dev/null || return 0
	{
		flock 9
		id -u thresh-test >/dev/null 2>&1 || useradd --no-create-home --shell /usr/sbin/nologin thresh-test
		find_user
		[ -n "$user" ] || usermod --add-subuids 300000-365535 --add-subgids 300000-365535 thresh-test
	} 9>/tmp/thresh-test.lock
	find_user
}

[ "$(id -u)" = 0 ] || { [ "$kind" = single ] && exec "$program" "$hostile"; skip "needs root to become another user"; }
case $kind in
root) exec "$program" "$hostile" ;;
range) # any user that has a range, or one made for the tests (tests/e2e/users.py has the same)
	range_user
	[ -n "$user" ] && id -u "$user" >/dev/null 2>&1 || skip "no user has a range in /etc/subuid"
	command -v newuidmap >/dev/null || skip "no newuidmap (package uidmap)"
	ids="--reuid $(id -u "$user") --regid $(id -g "$user")" ;;
single) ids="--reuid 54321 --regid 54321" ;; # nobody has this one
esac
# The build may lie where another user may not look.
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
chmod 755 "$copy"
cp "$program" "$hostile" "$copy"
if [ -n "${THRESH_INIT:-}" ]; then
	cp "$THRESH_INIT" "$copy"
	THRESH_INIT=$copy/$(basename "$THRESH_INIT")
	export THRESH_INIT
fi
# shellcheck disable=SC2086
setpriv $ids --clear-groups env -u HOME -u XDG_RUNTIME_DIR TMPDIR=/tmp \
	"$copy/$(basename "$program")" "$copy/$(basename "$hostile")"
