#!/bin/sh
# A place that tells what nginx does, where it is asked for.
set -eu

if [ -z "${NGINX_STATUS:-}" ]; then
	rm -f /etc/nginx/conf.d/status.inc
	exit 0
fi
cat > /etc/nginx/conf.d/status.inc <<- END
	location $NGINX_STATUS {
	    default_type text/plain;
	    return 200 "status of \$hostname: fine\n";
	}
END
