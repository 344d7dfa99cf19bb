#!/bin/sh
# A role and a database for each service, as CloudNativePG makes them in production; none may look into another's.
set -eu
for service in membership billing events analytics; do
    variable=$(echo "$service" | tr '[:lower:]' '[:upper:]')_PASSWORD
    eval "password=\$$variable"
    psql --set=ON_ERROR_STOP=1 --username=postgres --dbname=postgres \
        --command="CREATE ROLE $service LOGIN PASSWORD '$password'" \
        --command="CREATE DATABASE $service OWNER $service" \
        --command="REVOKE ALL ON DATABASE $service FROM PUBLIC"
done
