-- In a cluster the rows that show whether the store takes something are not truncated, since a statement for all
-- servers would wait for one that is away: they go by themselves.
ALTER TABLE warm_up ADD COLUMN IF NOT EXISTS written DateTime DEFAULT now();

ALTER TABLE warm_up MODIFY TTL written + INTERVAL 1 HOUR;
