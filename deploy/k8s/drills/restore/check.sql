-- What holds of every log, whenever it was restored: run in each service's database, with the service's name as :service.
-- Any row is a failure.
SET search_path = :"service";
\echo streams whose versions are not 1..n
SELECT stream_id, count(*), max(version) FROM events GROUP BY stream_id HAVING count(*) <> max(version) OR min(version) <> 1;
\echo readers ahead of the log
SELECT reader, position FROM checkpoints WHERE source = 'log' AND position > (SELECT coalesce(max(position), 0) FROM events);
\echo readers ahead of the inbox
SELECT reader, position FROM checkpoints WHERE source = 'inbox' AND position > (SELECT coalesce(max(id), 0) FROM inbox);
\echo a relay ahead of the log
SELECT name, position FROM relays WHERE position > (SELECT coalesce(max(position), 0) FROM events);
\echo streams of two communities
SELECT stream_id FROM events GROUP BY stream_id HAVING count(DISTINCT community_id) > 1;
