#!/bin/sh
# Runs what lies in /docker-entrypoint.d before nginx, and nothing before other programs.
set -e

log() {
	[ -n "${NGINX_ENTRYPOINT_QUIET:-}" ] || echo "$0: $*"
}

if [ "${1#-}" != "$1" ]; then
	set -- nginx "$@"
fi

if [ "$1" = nginx ] || [ "$1" = nginx-debug ]; then
	if find /docker-entrypoint.d/ -mindepth 1 -maxdepth 1 -type f -print -quit 2>/dev/null | read -r _; then
		find /docker-entrypoint.d/ -follow -type f -print | sort -V | {
			while read -r hook; do
				case "$hook" in
				*.sh)
					if [ -x "$hook" ]; then
						log "runs $hook"
						"$hook"
					else
						log "$hook is not executable"
					fi
					;;
				*) log "ignores $hook" ;;
				esac
			done
		}
	else
		log "there is nothing in /docker-entrypoint.d"
	fi
fi

exec "$@"
