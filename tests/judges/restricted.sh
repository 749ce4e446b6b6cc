#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# restricted.sh COMMAND [ARG...]: a COMMAND for podman-run.sh that runs another, and first looks at the container's first process: not
# root, no capabilities, no new privileges, a read-only root.
set -euo pipefail
status=/proc/$CONTAINER_PID/status
refuse() { echo "restricted.sh: $*" >&2; exit 1; }
! grep -Eq '^Uid:.*\b0\b' "$status" || refuse "it runs as root: $(grep Uid: "$status")"
grep -Eq '^CapEff:\s*0+$' "$status" || refuse "it has capabilities: $(grep CapEff: "$status")"
grep -Eq '^NoNewPrivs:\s*1' "$status" || refuse "it may gain privileges"
awk '$5 == "/" { print $6 }' "/proc/$CONTAINER_PID/mountinfo" | grep -Eq '^ro(,|$)' || refuse "its root can be written"
exec "$@"
