-- How far the loops of one service are behind: index look-ups and small tables alone, as every scrape asks it.

SELECT 'reader.lag' AS name, reader || '.' || source AS of,
       (greatest(CASE source WHEN 'log' THEN (SELECT coalesce(max(position), 0) FROM events)
                             ELSE (SELECT coalesce(max(id), 0) FROM inbox) END - position, 0))::float8 AS value
  FROM checkpoints WHERE reader = ANY ($1)
UNION ALL
SELECT 'relay.lag', name, greatest((SELECT coalesce(max(position), 0) FROM events) - position, 0)::float8
  FROM relays
UNION ALL
SELECT 'relay.oldest_seconds', name, coalesce(extract(epoch FROM clock_timestamp() - (
           SELECT recorded_at FROM events WHERE position > relays.position ORDER BY position LIMIT 1)), 0)::float8
  FROM relays
UNION ALL
SELECT 'agenda.overdue_seconds', '', coalesce(extract(epoch FROM clock_timestamp() - (
           SELECT min(greatest(due_at - coalesce((SELECT ahead FROM clock), interval '0'), not_before))
             FROM agenda WHERE state = 'waiting')), 0)::float8
UNION ALL
SELECT 'agenda.parked_now', '', (SELECT count(*) FROM agenda WHERE state = 'parked')::float8
UNION ALL
SELECT 'projection.parked_now', '', (SELECT count(*) FROM parked)::float8
