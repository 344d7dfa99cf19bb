-- The log of one service. "$service" is its schema, $lock its advisory lock class; shared/migrations.py fills them in.
-- Why it has this shape: docs/adr/0002 and 0003.

CREATE SEQUENCE position_seq CACHE 1;  -- More than 1 would break the proof that a contiguous prefix is complete.

CREATE TABLE events (
    position       bigint      PRIMARY KEY DEFAULT nextval('position_seq'),
    stream_id      uuid        NOT NULL,
    community_id   uuid        NOT NULL,
    event_id       uuid        NOT NULL,
    at             timestamptz NOT NULL,
    recorded_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    version        int         NOT NULL CHECK (version > 0),
    schema_version smallint    NOT NULL,
    type           text        COLLATE "C" NOT NULL,
    data           json        NOT NULL CHECK (octet_length(data::text) <= 65536),
    meta           json        NOT NULL,
    CONSTRAINT events_stream_version UNIQUE (stream_id, version)
) WITH (fillfactor = 100, autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.01);

CREATE TABLE commands (
    command_id uuid  PRIMARY KEY,
    print      bytea NOT NULL,
    stream_id  uuid  NOT NULL,
    version    int   NOT NULL
) WITH (fillfactor = 100);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP;
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON commands
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Personal data has a schema of its own, so that its backups can be kept for a shorter time.
CREATE SCHEMA IF NOT EXISTS "$service_personal";

CREATE TABLE "$service_personal".keys (
    person_id  uuid NOT NULL,
    retention  text COLLATE "C" NOT NULL,
    kek_id     text COLLATE "C" NOT NULL,
    wrapped    bytea NOT NULL,
    keep_until timestamptz,
    PRIMARY KEY (person_id, retention)
);

CREATE TABLE "$service_personal".lookups (
    community_id uuid NOT NULL,
    kind         text COLLATE "C" NOT NULL,
    token        uuid NOT NULL,
    person_id    uuid NOT NULL,
    PRIMARY KEY (community_id, kind, token)
);
CREATE INDEX lookups_person ON "$service_personal".lookups (person_id);

CREATE TABLE "$service_personal".erasures (
    person_id uuid PRIMARY KEY,
    erased_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Appends many writes in one transaction and one flush. A write may span several streams and is all or nothing.
-- Refused writes come back by number and burn no position:
--   repeated     one of its command ids is known
--   conflicting  a stream has another version, or belongs to another community
--   taken        a lookup token belongs to somebody else, a key exists, or the person was erased
-- The caller gives each stream and each command id at most once per call.
-- positions are those of the accepted events, in their order.
CREATE FUNCTION append_1(
    c_write int[], c_id uuid[], c_print bytea[], c_stream uuid[], c_version int[],
    s_write int[], s_id uuid[], s_community uuid[], s_expected int[],
    e_write int[], e_stream uuid[], e_community uuid[], e_version int[], e_id uuid[], e_at timestamptz[],
    e_type text[], e_schema smallint[], e_data json[], e_meta json[],
    k_write int[], k_person uuid[], k_retention text[], k_kek text[], k_wrapped bytea[],
    l_write int[], l_community uuid[], l_kind text[], l_token uuid[], l_person uuid[],
    f_write int[], f_person uuid[], f_keep_until timestamptz[],
    OUT repeated int[], OUT conflicting int[], OUT taken int[], OUT positions bigint[])
LANGUAGE plpgsql SET enable_seqscan = off SET jit = off AS $$
DECLARE
    refused int[];
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'append needs READ COMMITTED';
    END IF;
    -- Before any nextval: the lock that the barrier of settled_1 waits for.
    PERFORM pg_advisory_xact_lock_shared($lock, -1);
    -- Streams, command ids and whatever must be unique: striped, one order for all, so nobody deadlocks.
    PERFORM pg_advisory_xact_lock($lock, stripe) FROM (
        SELECT DISTINCT uuid_hash(id) & 65535 AS stripe
        FROM unnest(s_id || c_id || k_person || l_token || l_person || f_person) id ORDER BY 1) stripes;
    repeated := ARRAY(
        SELECT c.w FROM unnest(c_write, c_id) c(w, id)
        WHERE (SELECT k.command_id FROM commands k WHERE k.command_id = c.id LIMIT 1) IS NOT NULL);
    conflicting := ARRAY(
        SELECT s.w FROM unnest(s_write, s_id, s_community, s_expected) s(w, id, community, expected)
        LEFT JOIN LATERAL (
            SELECT e.version, e.community_id FROM events e WHERE e.stream_id = s.id ORDER BY e.version DESC LIMIT 1
        ) last ON true
        WHERE s.expected <> coalesce(last.version, 0) OR s.community <> last.community_id);
    taken := '{}';
    IF cardinality(k_write) + cardinality(l_write) > 0 THEN
        taken := ARRAY(
            SELECT k.w FROM unnest(k_write, k_person, k_retention) k(w, person, retention)
            WHERE EXISTS (SELECT FROM "$service_personal".keys o WHERE o.person_id = k.person AND o.retention = k.retention)
               OR EXISTS (SELECT FROM "$service_personal".erasures o WHERE o.person_id = k.person)
            UNION ALL
            SELECT l.w FROM unnest(l_write, l_community, l_kind, l_token, l_person) l(w, community, kind, token, person)
            WHERE EXISTS (
                SELECT FROM "$service_personal".lookups o
                WHERE (o.community_id, o.kind, o.token) = (l.community, l.kind, l.token) AND o.person_id <> l.person)
               OR EXISTS (SELECT FROM "$service_personal".erasures o WHERE o.person_id = l.person)
            UNION ALL  -- Writes of this very call that want the same token or bring the same key: the first wins.
            SELECT w FROM (
                SELECT l.w, l.person <> first_value(l.person) OVER (
                    PARTITION BY l.community, l.kind, l.token ORDER BY l.w) AS late
                FROM unnest(l_write, l_community, l_kind, l_token, l_person) l(w, community, kind, token, person)
                WHERE l.w <> ALL (repeated || conflicting)
                UNION ALL
                SELECT k.w, k.w <> min(k.w) OVER (PARTITION BY k.person, k.retention)
                FROM unnest(k_write, k_person, k_retention) k(w, person, retention)
                WHERE k.w <> ALL (repeated || conflicting)) wanted
            WHERE late);
    END IF;
    refused := repeated || conflicting || taken;
    WITH inserted AS (
        INSERT INTO events (stream_id, community_id, version, event_id, at, type, schema_version, data, meta)
        SELECT e.stream, e.community, e.version, e.id, e.at, e.type, e.schema, e.data, e.meta
        FROM unnest(e_write, e_stream, e_community, e_version, e_id, e_at, e_type, e_schema, e_data, e_meta)
            WITH ORDINALITY e(w, stream, community, version, id, at, type, schema, data, meta, o)
        WHERE e.w <> ALL (refused) ORDER BY e.o RETURNING position)
    SELECT array_agg(position ORDER BY position) INTO positions FROM inserted;
    INSERT INTO commands (command_id, print, stream_id, version)
    SELECT c.id, c.print, c.stream, c.version
    FROM unnest(c_write, c_id, c_print, c_stream, c_version) c(w, id, print, stream, version)
    WHERE c.w <> ALL (refused);
    IF cardinality(k_write) > 0 THEN
        INSERT INTO "$service_personal".keys (person_id, retention, kek_id, wrapped)
        SELECT k.person, k.retention, k.kek, k.wrapped
        FROM unnest(k_write, k_person, k_retention, k_kek, k_wrapped) k(w, person, retention, kek, wrapped)
        WHERE k.w <> ALL (refused);
    END IF;
    IF cardinality(l_write) > 0 THEN
        INSERT INTO "$service_personal".lookups (community_id, kind, token, person_id)
        SELECT l.community, l.kind, l.token, l.person
        FROM unnest(l_write, l_community, l_kind, l_token, l_person) l(w, community, kind, token, person)
        WHERE l.w <> ALL (refused)
        ON CONFLICT (community_id, kind, token) DO NOTHING;  -- The same person's own token: already so.
    END IF;
    IF cardinality(f_write) > 0 THEN
        INSERT INTO "$service_personal".erasures (person_id)
        SELECT DISTINCT f.person FROM unnest(f_write, f_person) f(w, person) WHERE f.w <> ALL (refused)
        ON CONFLICT DO NOTHING;
        DELETE FROM "$service_personal".keys k USING unnest(f_write, f_person) f(w, person)
        WHERE f.w <> ALL (refused) AND k.person_id = f.person AND k.retention <> 'accounting';
        UPDATE "$service_personal".keys k SET keep_until = f.keep_until
        FROM unnest(f_write, f_person, f_keep_until) f(w, person, keep_until)
        WHERE f.w <> ALL (refused) AND k.person_id = f.person AND k.retention = 'accounting';
        DELETE FROM "$service_personal".lookups l USING unnest(f_write, f_person) f(w, person)
        WHERE f.w <> ALL (refused) AND l.person_id = f.person;
    END IF;
END $$;

-- The barrier: once every writer that might hold an undecided position has ended, all positions up to the answer
-- are decided. Null when a writer is too slow; ask again later. The caller takes the smaller of this and the highest
-- visible position, because a crash can take back the sequence but not a visible row.
CREATE FUNCTION settled_1(patience_ms int) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    IF pg_is_in_recovery() THEN
        RAISE EXCEPTION 'the barrier means nothing on a replica';
    END IF;
    PERFORM set_config('lock_timeout', patience_ms || 'ms', true);
    PERFORM pg_advisory_xact_lock($lock, -1);
    RETURN coalesce(pg_sequence_last_value('position_seq'), 0);
EXCEPTION WHEN lock_not_available THEN
    RETURN NULL;
END $$;
