-- Runs once, when the database is first created, in the database that MYSQL_DATABASE names.
-- Its own settings, not only the server's: they travel with a dump to a server with other defaults.
ALTER DATABASE CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
