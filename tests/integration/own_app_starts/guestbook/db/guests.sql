CREATE TABLE guests (name text NOT NULL);
