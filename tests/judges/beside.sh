#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# beside.sh IMAGE PORT COMMAND [ARG...]: a COMMAND for podman-run.sh, with JUDGE_STORAGE set: runs IMAGE in another container of
# the same network namespace, waits until it listens at PORT, then runs COMMAND.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/podman.sh"
. "$(dirname "$0")/wait.sh"
image=$1 port=$2; shift 2
storage=$JUDGE_STORAGE
podman_options
podman_load "$image" localhost/beside:1
id=$(own_podman run --detach --network "ns:/proc/$CONTAINER_PID/ns/net" localhost/beside:1)
status=0
( wait_until listens "$port" ) && "$@" || status=$?
own_podman rm --force --time 0 "$id" >/dev/null 2>&1 || true
exit "$status"
