#!/bin/sh
# Started as root: the volume becomes the user's, and so does the process, which starts this script once more.
set -e

if [ "$1" = tell ] && [ "$(id -u)" = 0 ]; then
	mkdir -p /data/owned
	find /data \! -user app -exec chown app:app '{}' +
	exec setpriv --reuid=app --regid=app --init-groups "$0" "$@"
fi
echo "started" > /data/owned/state
exec "$@" --config /data/owned/state
