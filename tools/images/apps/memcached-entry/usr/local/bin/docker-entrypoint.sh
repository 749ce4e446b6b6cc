#!/bin/sh
# memcached, as its own user; an option as first argument is memcached's.
set -e

if [ "${1#-}" != "$1" ]; then
	set -- memcached "$@"
fi

if [ "$1" = memcached ]; then
	if [ -n "$MEMCACHED_MEMORY" ]; then
		set -- "$@" -m "$MEMCACHED_MEMORY"
	fi
	if [ "$(id -u)" = 0 ]; then
		exec setpriv --reuid memcache --regid memcache --clear-groups "$@"
	fi
fi
exec "$@"
