#!/bin/bash
# A temporary server is started, asked, and stopped again; then the application takes its place.
set -e

if [ ! -e /data/prepared ]; then
	tell serve --port 9090 --setup > /dev/null &
	server=$!
	for _ in {1..100}; do
		if tell ready 9090; then
			break
		fi
		sleep 0.05
	done
	kill -TERM "$server"
	wait "$server"
	echo "prepared for ${APP_NAME:-nobody}" > /data/prepared
fi
exec "$@" --config /data/prepared
