#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# answers.sh PORT PATH...: a COMMAND for podman-run.sh: waits until the port answers, GETs every path, and prints what comes. A path
# may have another port before it: 8081/path.
set -euo pipefail
port=$1; shift
wait_for() {
	for _ in $(seq 600); do
		! inside curl -s -o /dev/null --max-time 5 "http://127.0.0.1:$1/" || return 0
		kill -0 "$CONTAINER_PID" 2>/dev/null || { echo "the container has ended" >&2; exit 1; }
		sleep 0.1
	done
	echo "port $1 does not answer" >&2
	exit 1
}
wait_for "$port"
for path in "$@"; do
	at=$port
	[[ $path == /* ]] || { at=${path%%/*} path=/${path#*/}; wait_for "$at"; }
	echo "GET $path"
	inside curl -s -S --max-time 30 -b "${TMPDIR:-/tmp}/cookies" -c "${TMPDIR:-/tmp}/cookies" -w '\nstatus %{http_code}\n' "http://127.0.0.1:$at$path"
done
