#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# memcached.sh PORT [SETTING]...: a COMMAND for podman-run.sh: stores, reads and counts in memcached's own protocol, and prints the
# answers, with those settings of the server.
set -euo pipefail
. "$(dirname "$0")/wait.sh"
port=$1; shift
# shellcheck disable=SC2016 # the words are the inner shell's
talk='exec 3<>/dev/tcp/127.0.0.1/$0 || exit 1; printf "%b" "$1" >&3; cat <&3'
wait_until inside bash -c "$talk" "$port" 'quit\r\n'
inside bash -c "$talk" "$port" 'set key 0 0 5\r\nvalue\r\nget key\r\nset n 0 0 1\r\n7\r\nincr n 5\r\ndelete key\r\nget key\r\nquit\r\n' | tr -d '\r'
inside bash -c "$talk" "$port" 'stats settings\r\nquit\r\n' | tr -d '\r' > "${TMPDIR:-/tmp}/settings"
for setting in "$@"; do
	grep "^STAT $setting " "${TMPDIR:-/tmp}/settings"
done
