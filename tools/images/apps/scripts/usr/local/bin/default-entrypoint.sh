#!/bin/busybox sh
# No argument, an option, the name of a subcommand or another program.
set -e

if [ $# -eq 0 ]; then
	set -- --plain
fi
if [ "${1:0:1}" = - ]; then
	set -- tell serve "$@"
elif tell_command=$(grep -x -- "$1" /usr/share/tell/commands); then
	shift
	set -- tell "$tell_command" --as-command "$@"
fi
exec "$@"
