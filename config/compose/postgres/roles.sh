# Read by the entrypoint of PostgreSQL's image once, while the volume is empty. The server owns its database and is no superuser;
# monitor reads statistics and no table. Passwords do not show among the arguments of a process.
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username=postgres --dbname=postgres <<'SQL'
\getenv registry_password DATABASE_PASSWORD
\getenv monitor_password DATABASE_MONITOR_PASSWORD
CREATE ROLE registry LOGIN PASSWORD :'registry_password';
CREATE DATABASE registry OWNER registry;
REVOKE ALL ON DATABASE registry FROM PUBLIC;
CREATE ROLE monitor LOGIN PASSWORD :'monitor_password' IN ROLE pg_monitor;
GRANT CONNECT ON DATABASE registry TO monitor;
SQL
