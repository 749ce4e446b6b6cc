#!/bin/bash
# One block of configuration for every variable APP_ROUTE_*, whatever their names are.
set -e

config=/etc/tell/routes.conf
: > "$config"
env | sort | while IFS='=' read -r name value; do
	case "$name" in
	APP_ROUTE_*)
		cat >> "$config" << END
route ${name#APP_ROUTE_} {
	to $value
}
END
		;;
	esac
done
exec "$@" --config "$config"
