#!/bin/busybox sh
# Directories and their modes, a file without content, a link, a left-over that goes, and a mask for what the application makes.
set -e

mkdir -p /data/spool/in /data/spool/out
chmod 2770 /data/spool
chmod 700 /data/spool/in
touch /data/spool/known
chmod 640 /data/spool/known
ln -sfn /data/spool/in /data/current
rm -f /data/spool/tell.pid
umask "${APP_UMASK:-027}"
exec "$@" --mode /data/spool --mode /data/spool/in --mode /data/spool/known --mode /data/current/ --mode /data/spool/tell.pid
