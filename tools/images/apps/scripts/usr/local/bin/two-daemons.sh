#!/bin/bash
# Two daemons in one container; where one ends, so does the container.
set -e

stop() {
	kill -TERM "$first" "$second"
	wait
	exit 0
}
trap stop TERM INT

tell serve --port 8081 --role "${APP_SECOND:-second}" &
second=$!
tell serve --port 8080 --role first &
first=$!
wait -n
