#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# answers.sh PORT PATH...: a COMMAND for podman-run.sh: waits until the port answers, GETs every path, and prints what comes. A path
# may have another port before it: 8081/path.
set -euo pipefail
. "$(dirname "$0")/wait.sh"
port=$1; shift
wait_until answers_http "$port"
for path in "$@"; do
	at=$port
	[[ $path == /* ]] || { at=${path%%/*} path=/${path#*/}; wait_until answers_http "$at"; }
	echo "GET $path"
	inside curl -s -S --max-time 300 -b "${TMPDIR:-/tmp}/cookies" -c "${TMPDIR:-/tmp}/cookies" -w '\nstatus %{http_code}\n' "http://127.0.0.1:$at$path"
done
