#!/bin/sh
# A role for each service, which owns what it makes and may not look at its neighbours' schemas; none is a superuser,
# or row-level security would not hold.
set -eu

ask() { psql --no-psqlrc --set=ON_ERROR_STOP=1 --quiet --username=postgres --dbname=tessera "$@"; }

ask <<'SQL'
REVOKE ALL ON DATABASE tessera FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
SQL

for role in membership billing events analytics observer; do
    ask --set=role="$role" --set=password="$(cat "/run/secrets/$role")" <<'SQL'
CREATE ROLE :"role" LOGIN PASSWORD :'password';
GRANT CONNECT, TEMPORARY ON DATABASE tessera TO :"role";
SQL
done

ask <<'SQL'
GRANT CREATE ON DATABASE tessera TO membership, billing, events, analytics;
GRANT pg_monitor TO observer;
SQL
