#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# get.sh PORT PATH...: a COMMAND for podman-run.sh. Waits until the port answers, then GETs every path; each must be 2xx.
# A path `POST /x` is posted. Prints status, size and the path.
set -euo pipefail
port=$1; shift
for _ in $(seq 300); do
	! inside curl -s -o /dev/null --max-time 5 "http://127.0.0.1:$port/" || break
	kill -0 "$CONTAINER_PID" 2>/dev/null || { echo "the container has ended" >&2; exit 1; }
	sleep 0.1
done
failed=0
for path in "$@"; do
	method=GET
	[[ $path != POST\ * ]] || { method=POST path=${path#POST }; }
	answer=$(inside curl -s -S -o /dev/null --max-time 30 -X "$method" -w '%{http_code} %{size_download}' "http://127.0.0.1:$port$path") || answer="000 0"
	echo "$answer $method $path"
	[[ $answer == 2* ]] || failed=1
done
exit "$failed"
