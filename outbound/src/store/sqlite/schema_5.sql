-- The start of the schedule's window that was handled last, until its close is handled; none outside of windows.
ALTER TABLE campaign ADD COLUMN sc_window INTEGER;
