-- Who reads what in an event's database on PostgreSQL: run once by a superuser, before `physathon init`, as
--   psql --dbname=EVENT --file=roles.sql --set=web=WEB --set=judge=JUDGE
-- where both roles exist. The judge's role owns all tables. The web's reads and writes those of the event, makes none,
-- and does not get into the judge's schema.
REVOKE ALL ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA event AUTHORIZATION :"judge";
CREATE SCHEMA judge AUTHORIZATION :"judge";
GRANT USAGE ON SCHEMA event TO :"web";
ALTER DEFAULT PRIVILEGES FOR ROLE :"judge" IN SCHEMA event GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"web";
ALTER DEFAULT PRIVILEGES FOR ROLE :"judge" IN SCHEMA event GRANT USAGE, SELECT ON SEQUENCES TO :"web";
