-- Of many that are due at one moment, each claim would sort all to find the oldest: they stand in its order instead.
CREATE INDEX agenda_next ON agenda (due_at, number) WHERE state = 'waiting';
DROP INDEX agenda_due;
