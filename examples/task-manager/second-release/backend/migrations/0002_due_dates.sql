-- Expand: a task may have a day on which it is due. Nullable, so the code before it still writes.

-- Up Migration
ALTER TABLE tasks ADD COLUMN due_on date;

-- Down Migration
ALTER TABLE tasks DROP COLUMN due_on;
