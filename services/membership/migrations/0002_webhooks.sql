-- How far each endpoint has been told, and what became of each delivery. All time in here is real time.

-- A queue is a cursor over the webhook feed: one for what happens (its id is the endpoint's), one for each errand.
CREATE TABLE webhook_queues (
    queue_id      uuid        PRIMARY KEY,
    endpoint_id   uuid        NOT NULL,
    community_id  uuid        NOT NULL,
    kind          text        NOT NULL CHECK (kind IN ('live', 'replay', 'ping')),
    position      bigint      NOT NULL,  -- Everything up to here is done.
    upto          bigint,                -- A replay ends here.
    run           int         NOT NULL,
    attempts      int         NOT NULL DEFAULT 0,  -- Of the event that is next.
    due_at        timestamptz NOT NULL DEFAULT clock_timestamp(),  -- Infinity: given up, until the next run.
    claimed_by    uuid,
    claimed_until timestamptz,
    done_at       timestamptz
) WITH (fillfactor = 50);
CREATE INDEX webhook_queues_open ON webhook_queues (endpoint_id) WHERE done_at IS NULL;

-- Ids, codes and times. Of what the other side said, no more than its beginning, and only while it refuses.
CREATE TABLE webhook_deliveries (
    number       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery_id  uuid        NOT NULL UNIQUE,
    endpoint_id  uuid        NOT NULL,
    community_id uuid        NOT NULL,
    kind         text        NOT NULL,
    position     bigint,
    event_id     uuid        NOT NULL,
    type         text        COLLATE "C" NOT NULL,
    status       text        NOT NULL CHECK (status IN ('delivered', 'retrying', 'failed')),
    attempts     int         NOT NULL DEFAULT 1,
    code         int,
    failure      text,
    duration_ms  int         NOT NULL,
    excerpt      text        CHECK (octet_length(excerpt) <= 1000),
    first_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX webhook_deliveries_endpoint ON webhook_deliveries (endpoint_id, number);
CREATE INDEX webhook_deliveries_age ON webhook_deliveries (last_at);
CREATE INDEX webhook_deliveries_excerpt ON webhook_deliveries (community_id) WHERE excerpt IS NOT NULL;
ALTER TABLE webhook_deliveries ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON webhook_deliveries
    USING (current_setting('tessera.community', true) IN ('*', community_id::text));
