#!/bin/dash
# The data directory becomes the broker's; a user and a password from the environment become its password file.
set -e

user=$(id -u)
if [ "$user" = 0 ]; then
	if [ -d /mosquitto/data ]; then
		chown -R mosquitto:mosquitto /mosquitto/data
	fi
fi

if [ -n "$MOSQUITTO_USER" ]; then
	if [ -z "$MOSQUITTO_PASSWORD" ]; then
		echo "docker-entrypoint: MOSQUITTO_USER without MOSQUITTO_PASSWORD" >&2
		exit 1
	fi
	mosquitto_passwd -b -c /mosquitto/config/passwords "$MOSQUITTO_USER" "$MOSQUITTO_PASSWORD"
	chmod 0644 /mosquitto/config/passwords
	{
		echo "allow_anonymous false"
		echo "password_file /mosquitto/config/passwords"
	} > /mosquitto/config/conf.d/users.conf
else
	echo "allow_anonymous true" > /mosquitto/config/conf.d/users.conf
fi

exec "$@"
