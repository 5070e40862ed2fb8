-- States are read with what makes them, and no longer put together by it.
ALTER TABLE rollup_states DROP COLUMN context;
