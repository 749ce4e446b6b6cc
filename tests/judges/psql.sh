#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# psql.sh PORT USER PASSWORD DATABASE SQL...: a COMMAND for podman-run.sh: waits until the server answers, and prints what each
# statement answers. It fails where one is refused.
set -euo pipefail
. "$(dirname "$0")/wait.sh"
port=$1 user=$2 database=$4
export PGPASSWORD=$3
shift 4
ask() { inside psql -X -q -A -t -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$port" -U "$user" -d "$database" -c "$1"; }
wait_until listens "$port"
for statement in "$@"; do
	printf '%s\n' "$statement"
	ask "$statement"
done
! PGPASSWORD=wrong-$PGPASSWORD ask 'select 1' 2>/dev/null || echo "a wrong password is taken"
