-- The sidecar's tables, for SQLite and PostgreSQL alike: BIGINT, TEXT and BLOB (PostgreSQL: BYTEA) only; moments are milliseconds since
-- 1970-01-01 UTC; yes and no are 1 and 0. Keys are words and numbers made by the program, so that no database has to count.

CREATE TABLE settings (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

CREATE TABLE cases (
  number TEXT PRIMARY KEY,
  nonce TEXT NOT NULL UNIQUE,           -- hash of the form's nonce: a form sent twice is one case
  code TEXT NOT NULL,                   -- hash of the receipt code
  desk TEXT NOT NULL,
  site TEXT NOT NULL,
  confidential BIGINT NOT NULL,
  category TEXT NOT NULL,
  subject TEXT NOT NULL,
  text TEXT NOT NULL,
  name TEXT NOT NULL,
  phone TEXT NOT NULL,
  email TEXT NOT NULL,
  others TEXT NOT NULL,                 -- JSON: [[label, answer], …]
  consent BIGINT NOT NULL,
  entered_by TEXT NOT NULL,             -- the clerk, for letters on paper
  suspect BIGINT NOT NULL,              -- looks like advertising
  state TEXT NOT NULL,
  department TEXT NOT NULL,             -- '' when nobody in particular has it
  received_at BIGINT NOT NULL,
  accepted_at BIGINT,
  due_at BIGINT,
  promised_at BIGINT,
  answered_at BIGINT,
  closed_at BIGINT,
  reopened BIGINT NOT NULL,
  rating BIGINT,
  publication TEXT NOT NULL,
  reply TEXT,
  warned BIGINT NOT NULL,               -- 0, 1: told that it is due soon, 2: told that it is overdue
  bulletin BIGINT NOT NULL,             -- 1: the content file is not yet as it should be
  erased_at BIGINT,
  version BIGINT NOT NULL
);
CREATE INDEX cases_due ON cases (due_at);
CREATE INDEX cases_received ON cases (received_at);
CREATE INDEX cases_department ON cases (department, due_at);
CREATE INDEX cases_bulletin ON cases (bulletin) WHERE bulletin = 1;

-- What was done. Rows are added and never changed (see the triggers).
CREATE TABLE events (
  number TEXT NOT NULL,
  version BIGINT NOT NULL,              -- the case's version after it
  at BIGINT NOT NULL,
  who TEXT NOT NULL,                    -- an account's name; '' for the citizen
  deed TEXT NOT NULL,
  state TEXT NOT NULL,                  -- the state after it
  department TEXT NOT NULL,
  why TEXT NOT NULL,
  PRIMARY KEY (number, version)
);

-- What was written besides: replies, additions, notes. Erased with the letter when its time is over.
CREATE TABLE writings (
  number TEXT NOT NULL,
  version BIGINT NOT NULL,
  kind TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (number, version)
);

CREATE TABLE files (
  id TEXT PRIMARY KEY,
  number TEXT NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  bytes BLOB NOT NULL,
  added_at BIGINT NOT NULL
);
CREATE INDEX files_number ON files (number);

CREATE TABLE accounts (
  name TEXT PRIMARY KEY,
  full_name TEXT NOT NULL,
  email TEXT NOT NULL,
  password TEXT NOT NULL,               -- Argon2id, PHC string
  totp TEXT NOT NULL,                   -- the shared secret, '' when there is none
  totp_used BIGINT NOT NULL,            -- the last time step used: a code works once
  grants TEXT NOT NULL,
  disabled BIGINT NOT NULL,
  version BIGINT NOT NULL               -- sessions of an earlier version have ended
);

CREATE TABLE sessions (
  id TEXT PRIMARY KEY,                  -- hash of the cookie
  account TEXT NOT NULL,
  account_version BIGINT NOT NULL,
  csrf TEXT NOT NULL,
  expires_at BIGINT NOT NULL
);

-- Who looked at and did what outside of cases' own events. Rows are added and never changed.
CREATE TABLE audit (
  id TEXT PRIMARY KEY,
  at BIGINT NOT NULL,
  who TEXT NOT NULL,
  what TEXT NOT NULL,
  about TEXT NOT NULL
);
CREATE INDEX audit_at ON audit (at);

CREATE TABLE outbox (
  id TEXT PRIMARY KEY,                  -- number, version, kind and addressee: the same notice is written once
  kind TEXT NOT NULL,
  number TEXT NOT NULL,
  channel TEXT NOT NULL,
  address TEXT NOT NULL,
  subject TEXT NOT NULL,
  text TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  next_at BIGINT,                       -- when it is tried next; nothing when it is done or given up
  tries BIGINT NOT NULL,
  delivered_at BIGINT,
  trouble TEXT NOT NULL
);
CREATE INDEX outbox_next ON outbox (next_at);

CREATE TABLE attempts (
  bucket TEXT PRIMARY KEY,
  count BIGINT NOT NULL,
  until BIGINT NOT NULL
);
CREATE INDEX attempts_until ON attempts (until);

CREATE TABLE phrases (
  id TEXT PRIMARY KEY,
  department TEXT NOT NULL,
  text TEXT NOT NULL
);
