#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# podman-run.sh IMAGE ARGV.json [COMMAND [ARG...]]: runs exactly the words that `thresh manifest --target podman --format json`
# printed ("-": standard input), with podman's storage options alone added behind "podman".
#
# IMAGE (oci:DIR[:TAG], or an archive that podman knows) is loaded under the image name in the words: the last one, or the
# one in JUDGE_IMAGE_NAME where the image's own arguments follow it. Without COMMAND: to the container's end, with its exit status.
# With COMMAND: the container runs beside it; COMMAND gets CONTAINER_PID (of its first process) and in PATH `inside`, which
# runs a host program in the container's network namespace (inside curl http://127.0.0.1:8080/). Then the container is
# stopped as its image says, its exit status is printed as `container: exit N`, and COMMAND's status is the answer.
# JUDGE_LOG: a file for the container's output.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/podman.sh"
[ $# -ge 2 ] || die "usage: podman-run.sh IMAGE ARGV.json [COMMAND [ARG...]]"
image=$1 argv=$2; shift 2
scratch
podman_prepare
at_end() { [ -n "${JUDGE_STORAGE:-}" ] || podman_remove; }

[ "$argv" != - ] || { cat > "$scratch/argv.json"; argv=$scratch/argv.json; }
jq -e 'type == "array" and length > 2 and .[0] == "podman" and .[1] == "run" and all(.[]; type == "string")' "$argv" >/dev/null ||
	die "$argv: not a list of words that begins with podman run"
mapfile -d '' -t words < <(jq -j '.[] | . + "\u0000"' "$argv")
name=${JUDGE_IMAGE_NAME:-${words[-1]}}
podman_load "$image" "$name"

if [ $# -eq 0 ]; then
	status=0
	podman "${storage_options[@]}" "${words[@]:1}" || status=$?
	exit "$status"
fi

# Words with --detach would leave nothing to wait for; `thresh manifest` prints none.
podman "${storage_options[@]}" "${words[@]:1}" > "${JUDGE_LOG:-$scratch/log}" 2>&1 &
podman_pid=$!
id='' pid=0
for _ in $(seq 3000); do
	id=$(own_podman ps --quiet --latest --filter status=running 2>/dev/null) || id=''
	[ -z "$id" ] || pid=$(own_podman inspect --format '{{.State.Pid}}' "$id" 2>/dev/null) || pid=0
	[ "${pid:-0}" -eq 0 ] || break
	kill -0 "$podman_pid" 2>/dev/null || break
	sleep 0.1
done
if [ "${pid:-0}" -eq 0 ]; then
	say "the container did not stay: its output:"
	tail -n 50 "${JUDGE_LOG:-$scratch/log}" >&2
	exit 1
fi

mkdir "$scratch/bin"
printf '#!/bin/sh\nexec nsenter --net --target %s -- "$@"\n' "$pid" > "$scratch/bin/inside"
chmod +x "$scratch/bin/inside"
status=0
CONTAINER_PID=$pid PATH=$scratch/bin:$PATH "$@" || status=$?

began=$(date +%s%3N)
own_podman stop --time "${JUDGE_STOP_SECONDS:-10}" "$id" >/dev/null 2>&1 || true
exited=0
wait "$podman_pid" || exited=$?
say "stopped in $(($(date +%s%3N) - began)) ms"
echo "container: exit $exited"
if [ "$status" -ne 0 ]; then
	say "$* failed with $status; the container's output:"
	tail -n 50 "${JUDGE_LOG:-$scratch/log}" >&2
fi
exit "$status"
