#!/bin/bash
# One variable from others, defaults, and what the application must not see.
set -euo pipefail

: "${APP_HOST:=localhost}" "${APP_DATABASE_PORT:=5432}"
export APP_HOST APP_DATABASE_PORT
export APP_DATABASE_URL="db://${APP_USER:-app}@${APP_HOST}:${APP_DATABASE_PORT}/${APP_DATABASE:-main}"
if [[ -z ${APP_PUBLIC_URL:-} ]]; then
	export APP_PUBLIC_URL="http://${APP_HOST}/"
fi
if [[ ${APP_DEBUG:-false} == true ]]; then
	export APP_LOG_LEVEL=debug
else
	export APP_LOG_LEVEL=info
fi
unset APP_DEBUG

exec "$@"
