-- Reports of processors were kept as they came, with names, addresses and ends of card numbers in them (docs/adr/0033).
-- What leads to their object stays. Whatever the release before takes in while it is replaced: call reduce_reports_1 again.

-- What `allowed` names of a report, where its value has the form that stands there: as gateways/kept.py has it.
CREATE FUNCTION kept_1(said jsonb, allowed jsonb) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    first jsonb;
BEGIN
    CASE jsonb_typeof(allowed)
    WHEN 'object' THEN
        RETURN CASE WHEN jsonb_typeof(said) = 'object' THEN (
            SELECT coalesce(jsonb_object_agg(name, part), '{}')
            FROM jsonb_each(allowed) rule(name, form), LATERAL "$service".kept_1(said -> name, form) part
            WHERE part IS NOT NULL) END;
    WHEN 'array' THEN
        first := CASE WHEN jsonb_typeof(said) = 'array' THEN "$service".kept_1(said -> 0, allowed -> 0) END;
        RETURN CASE WHEN first IS NOT NULL THEN jsonb_build_array(first) END;
    WHEN 'string' THEN
        RETURN CASE WHEN jsonb_typeof(said) = 'string' AND said #>> '{}' ~ ('^(?:' || (allowed #>> '{}') || ')$')
            THEN said END;
    ELSE
        RETURN CASE WHEN jsonb_typeof(said) = 'number' THEN said END;
    END CASE;
END $$;

-- Reduces what is there and returns how many reports had more than may stay. Nothing else may change the inbox.
CREATE FUNCTION reduce_reports_1() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    stripe CONSTANT jsonb := '{
        "id": "[A-Za-z0-9_-]{1,255}", "type": "[A-Za-z0-9_.-]{1,255}", "created": 0, "account": "[A-Za-z0-9_-]{1,255}",
        "data": {"object": {"id": "[A-Za-z0-9_-]{1,255}", "metadata": {
            "community_id": "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
            "payment_id": "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
            "takeover_id": "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"}}}}';
    paypal CONSTANT jsonb := '{
        "id": "[A-Za-z0-9_-]{1,255}", "event_type": "[A-Za-z0-9_.-]{1,255}", "create_time": "[0-9T:.Z+-]{1,40}",
        "resource": {"id": "[A-Za-z0-9_-]{1,255}", "dispute_id": "[A-Za-z0-9_-]{1,255}",
            "custom_id": "[0-9a-f]{32}\\.[0-9a-f]{32}",
            "purchase_units": [{"custom_id": "[0-9a-f]{32}\\.[0-9a-f]{32}"}],
            "supplementary_data": {"related_ids": {"order_id": "[A-Za-z0-9_-]{1,255}"}}}}';
    reduced bigint;
BEGIN
    ALTER TABLE "$service".inbox DISABLE TRIGGER append_only;
    WITH report AS (
        -- A zero character may stand in json, and may not in jsonb.
        SELECT id, source, regexp_replace(value::text, '(?<!\\)((?:\\\\)*)\\u0000', '\1', 'g')::jsonb AS said
        FROM "$service".inbox WHERE source IN ('stripe', 'paypal') AND topic = 'webhook'
    ), less AS (
        SELECT id, said, coalesce(
            "$service".kept_1(said, CASE source WHEN 'stripe' THEN stripe ELSE paypal END), '{}') AS stays
        FROM report
    )
    UPDATE "$service".inbox SET value = less.stays::json FROM less WHERE inbox.id = less.id AND less.said <> less.stays;
    GET DIAGNOSTICS reduced = ROW_COUNT;
    ALTER TABLE "$service".inbox ENABLE TRIGGER append_only;
    RETURN reduced;
END $$;

SELECT reduce_reports_1();
