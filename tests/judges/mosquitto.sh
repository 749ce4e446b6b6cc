#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# mosquitto.sh PORT publish|kept [USER PASSWORD]: a COMMAND for podman-run.sh: a retained message goes to the broker and is read from
# it (kept: is still there), and what strangers are told.
set -euo pipefail
. "$(dirname "$0")/wait.sh"
port=$1 what=$2; shift 2
credentials=()
[ $# -eq 0 ] || credentials=(-u "$1" -P "$2")
wait_until listens "$port"
at=(-h 127.0.0.1 -p "$port" -q 1)
if [ "$what" = publish ]; then
	inside mosquitto_pub "${at[@]}" "${credentials[@]}" -t shop/apple -r -m "1.50"
fi
echo "read: $(inside mosquitto_sub "${at[@]}" "${credentials[@]}" -t 'shop/#' -v -C 1 -W 100)"
if inside mosquitto_pub "${at[@]}" -t shop/stranger -m 1 2>/dev/null; then echo "strangers: taken"; else echo "strangers: refused"; fi
