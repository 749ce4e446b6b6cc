#!/bin/bash
# mariadbd: an empty data directory is initialised with a server without a network; then mariadbd itself.
set -eo pipefail
shopt -s nullglob

note() { printf '%s: %s\n' "${0##*/}" "$*"; }
fail() {
	printf >&2 '%s: %s\n' "${0##*/}" "$*"
	exit 1
}

# from_file NAME [DEFAULT]: NAME, or the content of the file that NAME_FILE names
from_file() {
	local name=$1 file="${1}_FILE" value=${2:-}
	if [ -n "${!name}" ] && [ -n "${!file}" ]; then
		fail "both $name and $file are set"
	fi
	if [ -n "${!name}" ]; then
		value=${!name}
	elif [ -n "${!file}" ]; then
		value=$(< "${!file}")
	fi
	export "$name"="$value"
	unset "$file"
}

quoted() { # the value as an SQL string
	local value=${1//\\/\\\\}
	printf "'%s'" "${value//\'/\\\'}"
}

check_settings() {
	if [ -z "$MARIADB_ROOT_PASSWORD" ] && [ -z "$MARIADB_ALLOW_EMPTY_ROOT_PASSWORD" ] &&
		[ -z "$MARIADB_RANDOM_ROOT_PASSWORD" ]; then
		fail "set MARIADB_ROOT_PASSWORD, MARIADB_ALLOW_EMPTY_ROOT_PASSWORD or MARIADB_RANDOM_ROOT_PASSWORD"
	fi
	if [ -n "$MARIADB_USER" ] && [ -z "$MARIADB_PASSWORD" ]; then
		fail "MARIADB_USER without MARIADB_PASSWORD"
	fi
	[ "$MARIADB_USER" != root ] || fail "MARIADB_USER=root: that user is there already"
}

client() { mariadb --protocol=socket -uroot -hlocalhost --socket="$SOCKET" "$@"; }

start_temporary_server() {
	mariadbd --user=mysql --datadir="$DATADIR" --skip-networking --socket="$SOCKET" --wsrep_on=OFF \
		--expire-logs-days=0 --loose-innodb_buffer_pool_load_at_startup=0 &
	TEMPORARY=$!
	local tries
	for tries in {60..0}; do
		if client --database=mysql <<< 'SELECT 1' > /dev/null 2>&1; then
			break
		fi
		sleep 0.5
	done
	[ "$tries" != 0 ] || fail "the temporary server does not answer"
}

stop_temporary_server() {
	kill "$TEMPORARY"
	wait "$TEMPORARY" || fail "the temporary server cannot be stopped"
}

set_up() {
	local host=${MARIADB_ROOT_HOST:-%}
	if [ -n "$MARIADB_RANDOM_ROOT_PASSWORD" ]; then
		MARIADB_ROOT_PASSWORD=$(head -c 24 /dev/urandom | base64)
		note "GENERATED ROOT PASSWORD: $MARIADB_ROOT_PASSWORD"
	fi
	client --database=mysql --binary-mode <<- END
		SET @@SESSION.SQL_LOG_BIN=0;
		DELETE FROM mysql.global_priv WHERE User IN ('', 'root') AND Host <> 'localhost';
		FLUSH PRIVILEGES;
		CREATE USER 'root'@'$host' IDENTIFIED BY $(quoted "$MARIADB_ROOT_PASSWORD");
		GRANT ALL ON *.* TO 'root'@'$host' WITH GRANT OPTION;
		SET PASSWORD FOR 'root'@'localhost' = PASSWORD($(quoted "$MARIADB_ROOT_PASSWORD"));
		FLUSH PRIVILEGES;
	END
	export MYSQL_PWD=$MARIADB_ROOT_PASSWORD
	if [ -n "$MARIADB_DATABASE" ]; then
		note "makes the database $MARIADB_DATABASE"
		client --database=mysql <<< "CREATE DATABASE IF NOT EXISTS \`$MARIADB_DATABASE\`;"
	fi
	if [ -n "$MARIADB_USER" ]; then
		note "makes the user $MARIADB_USER"
		client --database=mysql --binary-mode <<< \
			"CREATE USER '$MARIADB_USER'@'%' IDENTIFIED BY $(quoted "$MARIADB_PASSWORD");"
		if [ -n "$MARIADB_DATABASE" ]; then
			client --database=mysql <<< "GRANT ALL ON \`${MARIADB_DATABASE//_/\\_}\`.* TO '$MARIADB_USER'@'%';"
		fi
	fi
	local file
	for file in /docker-entrypoint-initdb.d/*; do
		case "$file" in
		*.sql)
			note "SQL of $file"
			client ${MARIADB_DATABASE:+"--database=$MARIADB_DATABASE"} < "$file"
			;;
		*.sh)
			note "reads $file"
			# shellcheck source=/dev/null
			. "$file"
			;;
		*) note "ignores $file" ;;
		esac
	done
	unset MYSQL_PWD
}

if [ "${1:0:1}" = '-' ]; then
	set -- mariadbd "$@"
fi

if [ "$1" = mariadbd ]; then
	DATADIR=/var/lib/mysql SOCKET=/run/mysqld/mysqld.sock
	if [ "$(id -u)" = 0 ]; then
		mkdir -p "$DATADIR" /run/mysqld
		find "$DATADIR" /run/mysqld \! -user mysql -exec chown mysql: '{}' +
		exec gosu mysql "$0" "$@"
	fi
	from_file MARIADB_ROOT_PASSWORD
	from_file MARIADB_DATABASE
	from_file MARIADB_USER
	from_file MARIADB_PASSWORD
	if [ ! -d "$DATADIR/mysql" ]; then
		check_settings
		note "makes the data directory"
		mariadb-install-db --datadir="$DATADIR" --rpm --auth-root-authentication-method=normal --skip-test-db > /dev/null
		start_temporary_server
		set_up
		stop_temporary_server
		note "the database is initialised"
	fi
fi

exec "$@"
