#!/bin/sh
# /etc/nginx/templates/*.template with the environment's variables in them, to /etc/nginx/conf.d.
set -eu

templates=${NGINX_TEMPLATE_DIR:-/etc/nginx/templates}
output=${NGINX_OUTPUT_DIR:-/etc/nginx/conf.d}
suffix=.template

[ -d "$templates" ] || exit 0
if [ ! -w "$output" ]; then
	echo "$0: $templates exists, but $output cannot be written" >&2
	exit 0
fi
export NGINX_PORT="${NGINX_PORT:-80}" NGINX_GREETING="${NGINX_GREETING:-hello from nginx}"
# the variables that there are, and no $host or $uri of nginx's own
# shellcheck disable=SC2046 # one word a name
defined=$(printf '${%s} ' $(awk 'END { for (name in ENVIRON) print name }' < /dev/null))
find "$templates" -follow -type f -name "*$suffix" -print | while read -r template; do
	relative=${template#"$templates/"}
	target=$output/${relative%"$suffix"}
	mkdir -p "$(dirname "$target")"
	envsubst "$defined" < "$template" > "$target"
done
