#!/usr/bin/env bash
# postgres: an empty data directory is initialised with a server that listens at a socket alone; then postgres itself.
set -Eeo pipefail

# from_file NAME [DEFAULT]: NAME, or the content of the file that NAME_FILE names
from_file() {
	local name=$1 file="${1}_FILE" value=${2:-}
	if [ "${!name:-}" ] && [ "${!file:-}" ]; then
		echo >&2 "docker-entrypoint: both $name and $file are set"
		exit 1
	fi
	if [ "${!name:-}" ]; then
		value="${!name}"
	elif [ "${!file:-}" ]; then
		value="$(< "${!file}")"
	fi
	export "$name"="$value"
	unset "$file"
}

make_directories() {
	mkdir -p "$PGDATA" /var/run/postgresql
	chmod 0700 "$PGDATA" || :
	chmod 03775 /var/run/postgresql || :
	if [ "$(id -u)" = 0 ]; then
		find "$PGDATA" \! -user postgres -exec chown postgres '{}' +
		find /var/run/postgresql \! -user postgres -exec chown postgres '{}' +
	fi
}

check_settings() {
	if [ -z "$POSTGRES_PASSWORD" ] && [ "$POSTGRES_HOST_AUTH_METHOD" != trust ]; then
		cat >&2 <<- 'END'
			docker-entrypoint: the database has no superuser password.
			Set POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE, or POSTGRES_HOST_AUTH_METHOD=trust where everybody may connect.
		END
		exit 1
	fi
	if [ ${#POSTGRES_PASSWORD} -ge 100 ]; then
		echo >&2 "docker-entrypoint: a password of 100 characters or more"
	fi
}

make_cluster() {
	eval 'initdb --username="$POSTGRES_USER" --pwfile=<(printf "%s\n" "$POSTGRES_PASSWORD")' \
		"${POSTGRES_INITDB_ARGS:-}" '"$@"'
}

set_access() {
	local method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
	{
		printf '\n'
		if [ "$method" = trust ]; then
			printf '# everybody may connect without a password\n'
		fi
		printf 'host all all all %s\n' "$method"
	} >> "$PGDATA/pg_hba.conf"
}

sql() {
	local query=(psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --no-password --no-psqlrc)
	if [ -n "$POSTGRES_DB" ]; then
		query+=(--dbname "$POSTGRES_DB")
	fi
	PGHOST='' PGHOSTADDR='' "${query[@]}" "$@"
}

make_database() {
	local known
	known=$(sql --dbname postgres --set db="$POSTGRES_DB" --tuples-only <<- 'END'
		SELECT 1 FROM pg_database WHERE datname = :'db';
	END
	)
	if [ -z "$known" ]; then
		sql --dbname postgres --set db="$POSTGRES_DB" <<- 'END'
			CREATE DATABASE :"db";
		END
	fi
}

run_scripts() {
	local file
	for file; do
		case "$file" in
		*.sh)
			if [ -x "$file" ]; then
				echo "$0: runs $file"
				"$file"
			else
				echo "$0: reads $file"
				# shellcheck source=/dev/null
			. "$file"
			fi
			;;
		*.sql)
			echo "$0: SQL of $file"
			sql -f "$file"
			;;
		*) echo "$0: ignores $file" ;;
		esac
	done
}

main() {
	if [ "${1:0:1}" = '-' ]; then
		set -- postgres "$@"
	fi

	if [ "$1" = postgres ]; then
		make_directories
		if [ "$(id -u)" = 0 ]; then
			exec gosu postgres "${BASH_SOURCE[0]}" "$@"
		fi
		from_file POSTGRES_PASSWORD
		from_file POSTGRES_USER postgres
		from_file POSTGRES_DB "$POSTGRES_USER"
		: "${POSTGRES_HOST_AUTH_METHOD:=}"
		if [ ! -s "$PGDATA/PG_VERSION" ]; then
			check_settings
			# an init script that cannot be read fails before the database exists
			ls /docker-entrypoint-initdb.d/ > /dev/null
			make_cluster
			set_access
			# psql needs it where local connections do
			export PGPASSWORD="${PGPASSWORD:-$POSTGRES_PASSWORD}"
			PGUSER="${PGUSER:-$POSTGRES_USER}" pg_ctl -D "$PGDATA" -o "-c listen_addresses='' -p ${PGPORT:-5432}" -w start
			make_database
			run_scripts /docker-entrypoint-initdb.d/*
			PGUSER="${PGUSER:-postgres}" pg_ctl -D "$PGDATA" -m fast -w stop
			unset PGPASSWORD
			echo "$0: the database is initialised"
		else
			echo "$0: there is a database already"
		fi
	fi

	exec "$@"
}

main "$@"
