#!/bin/sh
# What is needed and what it may be is checked before anything starts.
set -e

fail() {
	echo "validate-entrypoint: $*" >&2
	exit 64
}

if [ -z "$APP_ADDRESS" ]; then
	fail "APP_ADDRESS must be set: where the application is reached"
fi
APP_WORKERS="${APP_WORKERS:-2}"
case "$APP_WORKERS" in
'' | *[!0-9]*) fail "APP_WORKERS must be a number" ;;
esac
if [ "$APP_WORKERS" -lt 1 ] || [ "$APP_WORKERS" -gt 64 ]; then
	fail "APP_WORKERS must be 1 to 64"
fi
case "${APP_STAGE:=production}" in
production | staging | development) ;;
*) fail "APP_STAGE must be production, staging or development" ;;
esac
if [ -n "$APP_OLD_ADDRESS" ]; then
	fail "APP_OLD_ADDRESS is gone: use APP_ADDRESS"
fi
export APP_WORKERS APP_STAGE
exec "$@"
