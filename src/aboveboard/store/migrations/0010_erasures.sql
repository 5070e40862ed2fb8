-- Which installs asked to be erased, from when on events are new, and the receipt once it is done. `step` rises:
-- 1 asked for, 2 counted, 3 done. What is not at 3 is finished when the server starts.
CREATE TABLE erasures
(
    source LowCardinality(String),
    install String,
    deletion String,
    step UInt8,
    actor String,
    asked DateTime64(3, 'UTC'),
    before DateTime64(3, 'UTC'),
    counts Map(String, UInt64),
    receipt String
)
ENGINE = ReplacingMergeTree(step)
ORDER BY (source, install, deletion)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE VIEW tombstones AS
SELECT source, install, max(before) AS erased_at
FROM erasures
GROUP BY source, install;

-- An erasure removes the old parts as soon as the new ones are written, and this engine removes merged parts at
-- once anyway: what a merge or a mutation writes must be on disk by then, as inserts are.
ALTER TABLE events MODIFY SETTING min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 0;

ALTER TABLE quarantine MODIFY SETTING min_rows_to_fsync_after_merge = 1, old_parts_lifetime = 0;
