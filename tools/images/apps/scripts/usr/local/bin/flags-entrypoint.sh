#!/bin/sh
# Variables become options of the application.
set -eu

if [ "${1#-}" != "${1-}" ]; then
	set -- tell serve "$@"
fi

if [ "$1" = tell ]; then
	[ -z "${APP_LEVEL:-}" ] || set -- "$@" --level "$APP_LEVEL"
	if [ -n "${APP_NAME:-}" ]; then
		set -- "$@" "--name=$APP_NAME"
	fi
	case "${APP_VERBOSE:-no}" in
	yes | true | 1) set -- "$@" --verbose ;;
	esac
	for word in ${APP_EXTRA:-}; do
		set -- "$@" "$word"
	done
fi

exec "$@"
