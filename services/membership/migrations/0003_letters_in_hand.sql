-- Letters that must not go twice and are being handed to the mail server: who dies meanwhile leaves the row, and
-- whoever comes next knows that nobody knows. All time in here is real time.
CREATE TABLE letters_in_hand (
    message_id uuid        PRIMARY KEY,
    taken_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX letters_in_hand_age ON letters_in_hand (taken_at);
