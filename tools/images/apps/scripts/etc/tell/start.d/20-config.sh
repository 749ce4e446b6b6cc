#!/bin/sh
set -e
echo "greeting = $APP_GREETING" > /data/hooks.conf
