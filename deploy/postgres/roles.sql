-- The logins of FashionOS and its database. Run as a superuser, again whenever you like:
--   psql -v owner_password=... -v login_password=... -v backup_password=... -f roles.sql
\set ON_ERROR_STOP on
\set QUIET on

-- The passwords must not reach the server's log.
SET log_statement = 'none';
SET log_min_error_statement = 'panic';
SET client_min_messages = 'warning';

SELECT format('CREATE ROLE %I', name) FROM unnest(ARRAY[
    'fashionos_owner', 'fashionos_server', 'fashionos_login', 'fashionos_backup'
]) AS name WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec

-- Migrates and restores: owns the tables, makes the roles that transactions become.
ALTER ROLE fashionos_owner LOGIN CREATEROLE PASSWORD :'owner_password';
-- A migration that waits for a lock makes all others wait behind it: better that it fails, and is run again.
ALTER ROLE fashionos_owner SET lock_timeout = '5s';
-- The group whose members may become those roles.
ALTER ROLE fashionos_server NOLOGIN NOINHERIT;
-- Serves: owns nothing, and may nothing until it becomes a role.
ALTER ROLE fashionos_login LOGIN PASSWORD :'login_password';
GRANT fashionos_server TO fashionos_login;
-- Backs up: reads every row behind row level security, writes none; makes the scratch database of --verify.
ALTER ROLE fashionos_backup LOGIN BYPASSRLS CREATEDB PASSWORD :'backup_password';
GRANT pg_read_all_data TO fashionos_backup;

SELECT 'CREATE DATABASE fashionos OWNER fashionos_owner'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'fashionos') \gexec
