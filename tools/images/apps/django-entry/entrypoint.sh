#!/bin/sh
# The database first, then gunicorn; another command is run as it is.
set -e

if [ "$1" = serve ]; then
	python3 manage.py migrate --noinput
	if [ -n "$DJANGO_ADMIN" ]; then
		python3 manage.py add_admin "$DJANGO_ADMIN"
	fi
	set -- gunicorn shop.wsgi:application \
		--bind "0.0.0.0:${PORT:-8000}" \
		--workers "${WEB_CONCURRENCY:-1}" \
		--access-logfile - ${GUNICORN_CMD_EXTRA}
fi

exec "$@"
