-- How often each link was followed, by day in UTC. Nothing here says who: a visit is a number.
CREATE TABLE link_visits (
    link_id      uuid   NOT NULL,
    day          date   NOT NULL,
    community_id uuid   NOT NULL,
    visits       bigint NOT NULL,
    PRIMARY KEY (link_id, day)
);
