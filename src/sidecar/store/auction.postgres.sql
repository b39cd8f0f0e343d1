CREATE TRIGGER vendor_events_stay BEFORE UPDATE OR DELETE ON vendor_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER lot_entries_stay BEFORE UPDATE OR DELETE ON lot_entries FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bid_answers_stay BEFORE UPDATE OR DELETE ON bid_answers FOR EACH ROW EXECUTE FUNCTION refuse_change();
-- One clock for all instances: the database's, in milliseconds.
CREATE FUNCTION auction_clock() RETURNS BIGINT LANGUAGE sql VOLATILE AS 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::BIGINT';
