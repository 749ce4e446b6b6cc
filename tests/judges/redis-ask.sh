#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# redis-ask.sh PORT COMMAND...: a COMMAND for podman-run.sh: waits until redis answers, and prints what each command (its words in one
# argument) answers.
set -euo pipefail
port=$1; shift
for _ in $(seq 200); do
	! inside redis-cli -p "$port" ping >/dev/null 2>&1 || break
	kill -0 "$CONTAINER_PID" 2>/dev/null || { echo "the container has ended" >&2; exit 1; }
	sleep 0.1
done
for command in "$@"; do
	read -r -a words <<< "$command"
	echo "$command: $(inside redis-cli -p "$port" "${words[@]}" | tr '\n' ' ')"
done
