#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# redis.sh PORT: a COMMAND for podman-run.sh: commands of every kind that a store gets, and that it can save.
set -euo pipefail
. "$(dirname "$0")/wait.sh"
ask() { # ask ANSWER COMMAND...
	local want=$1 got
	shift
	got=$(inside redis-cli -p "$port" "$@")
	[ "$got" = "$want" ] || { echo "$*: want $want, got $got" >&2; exit 1; }
}
port=$1
wait_until inside redis-cli -p "$port" ping
ask PONG ping
ask OK flushall # the volume may be of an earlier run
ask OK set key value
ask value get key
ask 2 rpush list a b
ask 3 eval "return redis.call('llen', KEYS[1]) + 1" 1 list
ask OK save
ask OK config set appendonly yes
