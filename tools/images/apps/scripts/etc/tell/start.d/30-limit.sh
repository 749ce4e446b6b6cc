#!/bin/sh
set -e
[ -n "${APP_LIMIT:-}" ] || exit 0
echo "limit = $APP_LIMIT" >> /data/hooks.conf
