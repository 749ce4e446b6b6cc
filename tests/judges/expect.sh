#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# expect.sh PORT [PATH TEXT]...: a COMMAND for podman-run.sh. Waits until the port answers, then GETs every path; each must be
# 2xx, and its body must contain TEXT ("" is in every body). Prints what is wrong, and nothing where all is well.
set -euo pipefail
. "$(dirname "$0")/wait.sh"
port=$1; shift
wait_until answers_http "$port"
failed=0
while [ $# -ge 2 ]; do
	answer=$(inside curl -s -S --max-time 300 -w '\n%{http_code}' "http://127.0.0.1:$port$1" 2>&1 | tr -d '\0') || true
	status=${answer##*$'\n'}
	if [[ $status != 2* || $answer != *"$2"* ]]; then
		printf '%s: want "%s", got: %s\n' "$1" "$2" "$answer" >&2
		failed=1
	fi
	shift 2
done
exit "$failed"
