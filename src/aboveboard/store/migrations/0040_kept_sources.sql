-- What a merge has replaced is kept for a while: the embedded engine does not notice that a full disk cut short what it
-- wrote, and takes the sources into force again where that is noticed in time (store/written.py). A deletion removes
-- them from the disk itself. What is counted of events can be counted again.
ALTER TABLE events MODIFY SETTING old_parts_lifetime = 20;

ALTER TABLE quarantine MODIFY SETTING old_parts_lifetime = 20;

ALTER TABLE drops MODIFY SETTING old_parts_lifetime = 20;

ALTER TABLE erasures MODIFY SETTING old_parts_lifetime = 20;

ALTER TABLE install_numbers MODIFY SETTING old_parts_lifetime = 20;

ALTER TABLE rollup_builds MODIFY SETTING old_parts_lifetime = 20;

ALTER TABLE alerts MODIFY SETTING old_parts_lifetime = 20;

ALTER TABLE uses MODIFY SETTING old_parts_lifetime = 20;
