#!/bin/sh
# What the machine is: processors, name, resolver.
set -e

export APP_WORKERS="${APP_WORKERS:-$(nproc)}"
export APP_NODE="${APP_NODE:-node@$(hostname)}"
APP_RESOLVER=$(awk '$1 == "nameserver" { print $2 }' /etc/resolv.conf | tr '\n' ' ')
export APP_RESOLVER="${APP_RESOLVER% }"
exec "$@"
