#!/bin/sh
# Keys of a configuration file are changed in place.
set -e

conf=/data/edited.conf
[ -e "$conf" ] || cp /usr/share/tell/app.conf "$conf"
set_key() {
	if grep -q "^$1=" "$conf"; then
		sed -i "s|^$1=.*|$1=$2|" "$conf"
	else
		echo "$1=$2" >> "$conf"
	fi
}
[ -z "$APP_LEVEL" ] || set_key level "$APP_LEVEL"
[ -z "$APP_TITLE" ] || set_key title "$APP_TITLE"
set_key listen "0.0.0.0:${APP_LISTEN:-8080}"
exec "$@" --config "$conf"
