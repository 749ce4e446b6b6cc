# SPDX-License-Identifier: Apache-2.0
# Shared by the judges: tools that thresh's authors did not write, and that say whether an image is right.
# shellcheck shell=bash
set -euo pipefail

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$*"; exit 1; }

# skip WHY: 77 (a skip for meson) on a user's machine, a failure in CI, where nothing may be left out.
skip() {
	say "not judged: $*"
	[ -z "${CI:-}" ] || exit 1
	exit 77
}

# need TOOL...: every judge that is missing, in one line.
need() {
	local tool missing=()
	for tool in "$@"; do
		command -v "$tool" >/dev/null || missing+=("$tool")
	done
	[ ${#missing[@]} -eq 0 ] || skip "not installed: ${missing[*]}"
}

# scratch: a directory of this run in $scratch, removed at its end.
scratch() {
	scratch=$(mktemp -d "${TMPDIR:-/tmp}/thresh-judge.XXXXXX")
	trap 'finish' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
}
finish() {
	local status=$?
	if declare -F at_end >/dev/null; then at_end || true; fi
	chmod -R u+rwX "$scratch" 2>/dev/null || true
	rm -rf "$scratch"
	exit "$status"
}

# split_reference oci:DIR[:TAG]: $layout and $tag; the one tag that there is where none is named.
split_reference() {
	[[ $1 == oci:* ]] || die "$1: a judge takes oci:DIR[:TAG]"
	local rest=${1#oci:}
	layout=${rest%%:*}
	tag=${rest#"$layout"}; tag=${tag#:}
	[ -n "$tag" ] || tag=$(jq -r '.manifests[].annotations["org.opencontainers.image.ref.name"] // empty' "$layout/index.json" | head -n 1)
	[ -n "$tag" ] || tag=latest
}
