-- Oldest server: 0.1.0
-- The oldest version of the server that can work with the tables as a migration leaves them; null: only those that
-- know the migration. Every later migration names its own in its first line, as this one does.
alter table migrations add column oldest_server text;
