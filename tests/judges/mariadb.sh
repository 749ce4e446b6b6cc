#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# mariadb.sh PORT USER PASSWORD DATABASE SQL...: a COMMAND for podman-run.sh: waits until the server answers, and prints what each
# statement answers. It fails where one is refused.
set -euo pipefail
. "$(dirname "$0")/wait.sh"
port=$1 user=$2 database=$4
export MYSQL_PWD=$3
shift 4
ask() { inside mariadb --no-defaults -N -B -h 127.0.0.1 -P "$port" -u "$user" "$database" -e "$1"; }
wait_until listens "$port"
for statement in "$@"; do
	printf '%s\n' "$statement"
	ask "$statement"
done
! MYSQL_PWD=wrong-$MYSQL_PWD ask 'select 1' 2>/dev/null || echo "a wrong password is taken"
