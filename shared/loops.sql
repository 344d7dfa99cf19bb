-- What the loops of one service remember: facts that came in, how far each reader is, intents still to be done.

-- Facts of other services and of vendors, as they came. Written under one lock, so that id order is commit order.
CREATE TABLE inbox (
    id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source       text        COLLATE "C" NOT NULL,
    event_id     uuid        NOT NULL,
    position     bigint      NOT NULL,
    topic        text        COLLATE "C" NOT NULL,
    key          text        COLLATE "C" NOT NULL,
    type         text        COLLATE "C" NOT NULL,
    community_id uuid        NOT NULL,
    received_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    value        json        NOT NULL,
    CONSTRAINT inbox_source_event UNIQUE (source, event_id)
) WITH (fillfactor = 100, autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.01);
CREATE INDEX inbox_source_position ON inbox (source, topic, position);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON inbox
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- How far a reader has come in the log ('log') and in the inbox ('inbox').
CREATE TABLE checkpoints (
    reader   text   COLLATE "C" NOT NULL,
    source   text   COLLATE "C" NOT NULL CHECK (source IN ('log', 'inbox')),
    position bigint NOT NULL,
    PRIMARY KEY (reader, source)
);

-- A fact that a projection could not fold. Later facts of the same key wait behind it and are read from the log.
CREATE TABLE parked (
    reader    text        COLLATE "C" NOT NULL,
    source    text        COLLATE "C" NOT NULL,
    key       uuid        NOT NULL,
    position  bigint      NOT NULL,
    error     text        NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (reader, source, key)
);

CREATE TABLE agenda (
    id            uuid        PRIMARY KEY,
    number        bigint      GENERATED ALWAYS AS IDENTITY,
    kind          text        NOT NULL CHECK (kind IN ('ask', 'at', 'call')),
    lane          uuid        NOT NULL,
    community_id  uuid        NOT NULL,
    name          text        COLLATE "C" NOT NULL,
    payload       json        NOT NULL,
    meta          json        NOT NULL,
    due_at        timestamptz NOT NULL,
    state         text        NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'parked', 'discarded')),
    attempts      int         NOT NULL DEFAULT 0,
    not_before    timestamptz NOT NULL DEFAULT clock_timestamp(),
    claimed_until timestamptz,
    last_error    text,
    done_at       timestamptz
) WITH (fillfactor = 70);
CREATE INDEX agenda_due ON agenda (due_at) WHERE state = 'waiting';
CREATE INDEX agenda_lane ON agenda (lane, number) WHERE kind = 'ask' AND state IN ('waiting', 'parked');
CREATE INDEX agenda_parked ON agenda (number) WHERE state = 'parked';

-- One leader per relay; position moves by compare-and-set on the epoch.
CREATE TABLE relays (
    name       text        COLLATE "C" PRIMARY KEY,
    epoch      bigint      NOT NULL DEFAULT 0,
    owner      uuid,
    expires_at timestamptz NOT NULL DEFAULT '-infinity',
    position   bigint      NOT NULL DEFAULT 0,
    sent       json        NOT NULL DEFAULT '{}',  -- How many records each topic has had, repetitions not counted.
    accepted   bigint      NOT NULL DEFAULT 0  -- Kafka may be ahead of the log up to here: see advance-position.
);

-- How far a development stack has moved the business clock. Empty in production.
CREATE TABLE clock (
    one   boolean  PRIMARY KEY DEFAULT true CHECK (one),
    ahead interval NOT NULL
);

-- Keeps what arrived, once. Returns how many were new. One writer at a time, so that ids appear in order.
CREATE FUNCTION receive_1(
    r_source text[], r_event uuid[], r_position bigint[], r_topic text[], r_key text[], r_type text[],
    r_community uuid[], r_value json[]) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    new_rows int;
BEGIN
    PERFORM pg_advisory_xact_lock($lock, -3);
    INSERT INTO inbox (source, event_id, position, topic, key, type, community_id, value)
    SELECT * FROM unnest(r_source, r_event, r_position, r_topic, r_key, r_type, r_community, r_value)
    ON CONFLICT (source, event_id) DO NOTHING;
    GET DIAGNOSTICS new_rows = ROW_COUNT;
    RETURN new_rows;
END $$;

-- When a reader was last known to have read everything there was.
CREATE TABLE freshness (
    reader text        COLLATE "C" PRIMARY KEY,
    at     timestamptz NOT NULL
);
