# SPDX-License-Identifier: Apache-2.0
# Shared by the COMMANDs of podman-run.sh: waiting for the application in the container.
# shellcheck shell=bash

# wait_until COMMAND [ARG...]: until it succeeds; it is no use to wait where the container has ended, or for more than some minutes.
wait_until() {
	for _ in $(seq 1200); do
		! "$@" >/dev/null 2>&1 || return 0
		kill -0 "$CONTAINER_PID" 2>/dev/null || { echo "the container has ended" >&2; exit 1; }
		sleep 0.1
	done
	echo "${0##*/}: no answer: $*" >&2
	exit 1
}

# listens PORT, answers_http PORT: whether somebody does.
listens() { inside bash -c "exec 3<>/dev/tcp/127.0.0.1/$1"; }
answers_http() { inside curl -s -o /dev/null --max-time 60 "http://127.0.0.1:$1/"; }
