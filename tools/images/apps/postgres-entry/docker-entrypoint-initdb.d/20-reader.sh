#!/bin/bash
set -e
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<- END
	CREATE ROLE reader LOGIN;
	GRANT SELECT ON shop TO reader;
END
