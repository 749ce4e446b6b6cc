#!/usr/bin/env bash
# NAME or NAME_FILE, never both.
set -Eeuo pipefail

from_file() {
	local name=$1 file_name="${1}_FILE" default=${2:-} value
	if [ -n "${!name:-}" ] && [ -n "${!file_name:-}" ]; then
		printf >&2 'file-entrypoint: both %s and %s are set\n' "$name" "$file_name"
		exit 1
	fi
	value=$default
	if [ -n "${!name:-}" ]; then
		value=${!name}
	elif [ -n "${!file_name:-}" ]; then
		value=$(< "${!file_name}")
	fi
	export "$name"="$value"
	unset "$file_name"
}

from_file APP_PASSWORD
from_file APP_USER nobody
exec "$@"
