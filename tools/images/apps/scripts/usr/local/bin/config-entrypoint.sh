#!/bin/bash
# A configuration file out of variables.
set -e

config=/etc/tell/app.conf
{
	printf 'name = "%s"\n' "${APP_NAME:-tell}"
	printf 'listen = %s:%d\n' "${APP_ADDRESS:-0.0.0.0}" "${APP_LISTEN:-8080}"
} > "$config"

cat >> "$config" << END
[store]
path = ${APP_STORE:-/data/store}
price = \$5
END

if [ -n "$APP_UPSTREAM" ]; then
	cat >> "$config" <<-END
		[upstream]
		address = $APP_UPSTREAM
		timeout = ${APP_TIMEOUT:-30}
	END
fi

case "$APP_CACHE" in
'' | off) echo "cache = off" >> "$config" ;;
*) echo "cache = on, $APP_CACHE" >> "$config" ;;
esac

set -- "$@" --config "$config"
exec "$@"
