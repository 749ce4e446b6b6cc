#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# get.sh PORT PATH...: a COMMAND for podman-run.sh. Waits until the port answers, then GETs every path; each must be 2xx.
# A path `POST /x` is posted. Prints status, size and the path.
set -euo pipefail
. "$(dirname "$0")/wait.sh"
port=$1; shift
wait_until answers_http "$port"
failed=0
for path in "$@"; do
	method=GET
	[[ $path != POST\ * ]] || { method=POST path=${path#POST }; }
	answer=$(inside curl -s -S -o /dev/null --max-time 300 -X "$method" -w '%{http_code} %{size_download}' "http://127.0.0.1:$port$path") || answer="000 0"
	echo "$answer $method $path"
	[[ $answer == 2* ]] || failed=1
done
exit "$failed"
