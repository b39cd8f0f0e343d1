-- The auction's tables, for SQLite and PostgreSQL alike (see schema.sql). `seal` is an Ed25519 signature over a row's other columns, made with a
-- key that does not lie in the database: whoever changes a row there cannot seal it anew. `bulletin` is a note for the writer of content files
-- and stands outside of the seal.

CREATE TABLE vendors (
  code TEXT PRIMARY KEY,                -- 统一社会信用代码
  state TEXT NOT NULL,
  profile TEXT NOT NULL,                -- JSON: what has been reviewed
  proposed TEXT NOT NULL,               -- JSON: changes that wait for review; '' when there are none
  registered_at BIGINT NOT NULL,
  certified_at BIGINT,
  bulletin BIGINT NOT NULL,             -- 1: the content file is not yet as it should be
  version BIGINT NOT NULL,
  seal TEXT NOT NULL
);
CREATE INDEX vendors_bulletin ON vendors (bulletin) WHERE bulletin = 1;

-- What was done with vendors. Rows are added and never changed.
CREATE TABLE vendor_events (
  code TEXT NOT NULL,
  version BIGINT NOT NULL,              -- the vendor's version after it
  at BIGINT NOT NULL,
  who TEXT NOT NULL,                    -- an account's name
  deed TEXT NOT NULL,
  why TEXT NOT NULL,
  seal TEXT NOT NULL,
  PRIMARY KEY (code, version)
);

CREATE TABLE lots (
  id TEXT PRIMARY KEY,
  terms TEXT NOT NULL,                  -- JSON
  drafted_by TEXT NOT NULL,
  approved_by TEXT NOT NULL,            -- '' while it is a draft
  closes_at BIGINT NOT NULL,            -- put off by extensions
  extended BIGINT NOT NULL,
  bids BIGINT NOT NULL,
  leader TEXT NOT NULL,
  leading_fen BIGINT,
  leading_entry BIGINT,
  ended TEXT NOT NULL,                  -- '', or awarded, failed, cancelled
  size BIGINT NOT NULL,                 -- entries of its record; 0 while it is a draft
  peaks TEXT NOT NULL,                  -- of the record's tree
  signature TEXT NOT NULL,              -- of the record's last head
  head_at BIGINT NOT NULL,              -- when its last entry happened
  seen_at BIGINT NOT NULL,              -- the latest moment at which a bid was judged: time does not run back
  bulletin BIGINT NOT NULL,
  version BIGINT NOT NULL,
  seal TEXT NOT NULL
);

-- The record. Rows are added and never changed.
CREATE TABLE lot_entries (
  lot TEXT NOT NULL,
  entry BIGINT NOT NULL,
  text TEXT NOT NULL,                   -- canonical JSON
  root TEXT NOT NULL,
  signature TEXT NOT NULL,
  PRIMARY KEY (lot, entry)
);

-- What was answered to a bid. Rows are added and never changed: the same key gets the same answer.
CREATE TABLE bid_answers (
  lot TEXT NOT NULL,
  vendor TEXT NOT NULL,
  key TEXT NOT NULL,
  fen BIGINT NOT NULL,
  answer TEXT NOT NULL,                 -- JSON
  seal TEXT NOT NULL,
  PRIMARY KEY (lot, vendor, key)
);
