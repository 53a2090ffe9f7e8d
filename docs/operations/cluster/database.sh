#!/bin/sh
# Makes the roles of web and judge, and says who reads what: once, by the image as it makes the database.
set -eu
sql() { psql --no-psqlrc --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" "$@"; }
sql --set=web="$WEB_PASSWORD" --set=judge="$JUDGE_PASSWORD" <<'SQL'
CREATE ROLE web LOGIN PASSWORD :'web';
CREATE ROLE judge LOGIN PASSWORD :'judge';
SQL
sql --set=web=web --set=judge=judge --file=/roles.sql
