#!/bin/bash
# Scripts in a directory: some are run, some are read into this shell.
set -e
shopt -s nullglob

for hook in /etc/tell/start.d/*; do
	case "$hook" in
	*.envsh)
		echo "hooks-entrypoint: reads $hook"
		# shellcheck source=/dev/null
		. "$hook"
		;;
	*.sh)
		if [ -x "$hook" ]; then
			echo "hooks-entrypoint: runs $hook"
			"$hook"
		else
			echo "hooks-entrypoint: $hook is not executable" >&2
		fi
		;;
	*) echo "hooks-entrypoint: ignores $hook" ;;
	esac
done
exec "$@" --config /data/hooks.conf
