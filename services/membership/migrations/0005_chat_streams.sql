-- Which process listens to the chat, and how far each of its streams was heard. All time in here is real time.
CREATE TABLE chat_listeners (
    name       text        PRIMARY KEY,
    owner      uuid        NOT NULL,
    expires_at timestamptz NOT NULL
);

-- Ids of sessions and numbers, of nobody. Without them the next process would begin anew and miss what came between.
CREATE TABLE chat_streams (
    shard      int         PRIMARY KEY,
    shards     int,
    session_id text,
    url        text,
    seq        bigint,
    problem    text,
    since      timestamptz NOT NULL DEFAULT clock_timestamp()  -- It stands so.
);
