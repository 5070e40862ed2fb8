-- Which sessions of the dashboard somebody signed out of, so that every server on a cluster knows; a session lasts 14 days
-- at the most. The number says nothing of who it was, and opens nothing.
CREATE TABLE ended_sessions
(
    number String,
    ended DateTime('UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY number
TTL ended + INTERVAL 15 DAY
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 20;
