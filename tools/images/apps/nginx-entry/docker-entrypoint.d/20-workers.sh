#!/bin/sh
# As many workers as there are processors, where that is wished.
set -eu

[ "${NGINX_TUNE_WORKERS:-}" = 1 ] || exit 0
sed -i "s/^worker_processes .*;/worker_processes $(nproc);/" /etc/nginx/nginx.conf
