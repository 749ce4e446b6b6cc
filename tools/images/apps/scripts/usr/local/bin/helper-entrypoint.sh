#!/bin/dash
# A program of the application's own goes first, also in the background of the script.
set -e

mkdir -p /data/index
tell index /usr/share/tell /data/index/share
if [ "${APP_REINDEX:-0}" = 1 ] || ! [ -e /data/index/etc ]; then
	tell index /etc/tell /data/index/etc
fi
exec "$@" --config /data/index/share --config /data/index/etc
