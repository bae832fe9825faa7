-- The trunk that an open claim's call takes; none under a plan without one, and in claims of older versions.
ALTER TABLE dialing ADD COLUMN trunk TEXT;
