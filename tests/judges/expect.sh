#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# expect.sh PORT [PATH TEXT]...: a COMMAND for podman-run.sh. Waits until the port answers, then GETs every path; each must be
# 2xx, and its body must contain TEXT ("" is in every body). Prints what is wrong, and nothing where all is well.
set -euo pipefail
port=$1; shift
for _ in $(seq 300); do
	! inside curl -s -o /dev/null --max-time 5 "http://127.0.0.1:$port/" || break
	kill -0 "$CONTAINER_PID" 2>/dev/null || { echo "the container has ended" >&2; exit 1; }
	sleep 0.1
done
failed=0
while [ $# -ge 2 ]; do
	answer=$(inside curl -s -S --max-time 30 -w '\n%{http_code}' "http://127.0.0.1:$port$1" 2>&1 | tr -d '\0') || true
	status=${answer##*$'\n'}
	if [[ $status != 2* || $answer != *"$2"* ]]; then
		printf '%s: want "%s", got: %s\n' "$1" "$2" "$answer" >&2
		failed=1
	fi
	shift 2
done
exit "$failed"
