#!/bin/busybox sh
# A configuration that the volume does not have yet is copied there; one that it has stays.
set -e

CONFIG=${APP_CONFIG_DIR:-/data/config}
mkdir -p "$CONFIG"
if [ ! -f "$CONFIG/app.conf" ]; then
	echo "provide-entrypoint: the first start: app.conf"
	cp /usr/share/tell/app.conf "$CONFIG/app.conf"
fi
[ -d "$CONFIG/themes" ] || cp -r /usr/share/tell/themes "$CONFIG/"
exec "$@" --config "$CONFIG/app.conf" --config "$CONFIG/themes/plain.css"
