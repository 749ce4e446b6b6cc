#!/bin/bash
# A secret that nobody has given is drawn once and kept in the volume.
set -eo pipefail

if [ -z "$APP_SECRET" ]; then
	if [ ! -s /data/secret ]; then
		(
			umask 077
			head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' > /data/secret
		)
	fi
	APP_SECRET="$(cat /data/secret)"
	export APP_SECRET
fi
exec "$@"
