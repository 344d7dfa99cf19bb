-- A report of a refund or a dispute leads to it by more names than reports did (gateways/kept.py): reduce_reports_1,
-- where it is called again, leaves them. It does what it did, and is not called here: it has been.
CREATE OR REPLACE FUNCTION reduce_reports_1() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    stripe CONSTANT jsonb := '{
        "id": "[A-Za-z0-9_-]{1,255}", "type": "[A-Za-z0-9_.-]{1,255}", "created": 0, "account": "[A-Za-z0-9_-]{1,255}",
        "data": {"object": {"id": "[A-Za-z0-9_-]{1,255}", "payment_intent": "[A-Za-z0-9_-]{1,255}", "metadata": {
            "community_id": "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
            "payment_id": "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
            "takeover_id": "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"}}}}';
    paypal CONSTANT jsonb := '{
        "id": "[A-Za-z0-9_-]{1,255}", "event_type": "[A-Za-z0-9_.-]{1,255}", "create_time": "[0-9T:.Z+-]{1,40}",
        "resource": {"id": "[A-Za-z0-9_-]{1,255}", "dispute_id": "[A-Za-z0-9_-]{1,255}",
            "custom_id": "[0-9a-f]{32}\\.[0-9a-f]{32}",
            "payer": {"merchant_id": "[A-Za-z0-9_-]{1,255}"},
            "purchase_units": [{"custom_id": "[0-9a-f]{32}\\.[0-9a-f]{32}"}],
            "disputed_transactions": [{"seller": {"merchant_id": "[A-Za-z0-9_-]{1,255}"}}],
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
