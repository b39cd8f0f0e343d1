CREATE TRIGGER vendor_events_stay BEFORE UPDATE ON vendor_events BEGIN SELECT RAISE(ABORT, 'vendors'' events are never changed'); END;
CREATE TRIGGER vendor_events_remain BEFORE DELETE ON vendor_events BEGIN SELECT RAISE(ABORT, 'vendors'' events are never removed'); END;
CREATE TRIGGER lot_entries_stay BEFORE UPDATE ON lot_entries BEGIN SELECT RAISE(ABORT, 'records are never changed'); END;
CREATE TRIGGER lot_entries_remain BEFORE DELETE ON lot_entries BEGIN SELECT RAISE(ABORT, 'records are never removed'); END;
CREATE TRIGGER bid_answers_stay BEFORE UPDATE ON bid_answers BEGIN SELECT RAISE(ABORT, 'answers are never changed'); END;
CREATE TRIGGER bid_answers_remain BEFORE DELETE ON bid_answers BEGIN SELECT RAISE(ABORT, 'answers are never removed'); END;
