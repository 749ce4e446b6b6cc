#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# redis-ask.sh PORT COMMAND...: a COMMAND for podman-run.sh: waits until redis answers, and prints what each command (its words in one
# argument) answers.
set -euo pipefail
. "$(dirname "$0")/wait.sh"
port=$1; shift
wait_until inside redis-cli -p "$port" ping
for command in "$@"; do
	read -r -a words <<< "$command"
	echo "$command: $(inside redis-cli -p "$port" "${words[@]}" | tr '\n' ' ')"
done
