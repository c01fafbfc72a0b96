"""Brex's vendors beside F&O's, those that were created on either side, and transfers to them. Only adds."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

UP = """
-- Brex's bill-pay vendors as last read: by its vendor id a record finds the e-mail.
CREATE TABLE brex_vendors (
    connection_id  bigint NOT NULL REFERENCES connections,
    brex_id        text NOT NULL,
    name           text NOT NULL,
    email          text NOT NULL DEFAULT '',
    seen_at        timestamptz NOT NULL,
    PRIMARY KEY (connection_id, brex_id)
);

-- The daily comparison with F&O's: whose turn it was, and how it ended.
CREATE TABLE vendor_surveys (
    connection_id  bigint PRIMARY KEY REFERENCES connections,
    claimed_at     timestamptz,
    read_at        timestamptz,                      -- when Brex's vendors were last read whole
    unread         text NOT NULL DEFAULT '',         -- why they could not be, the last time
    counts         jsonb NOT NULL DEFAULT '{}'
);

-- One row per vendor to be created: intended, then sent, then known.
CREATE TABLE vendor_writes (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection_id  bigint NOT NULL REFERENCES connections,
    side           text NOT NULL CHECK (side IN ('d365', 'brex')),
    legal_entity   text NOT NULL,                    -- where in F&O, or whose vendor goes to Brex
    subject        text NOT NULL,                    -- the merchant's name as it is compared, or F&O's account
    merchant       text NOT NULL,                    -- as it was asked for
    name           text NOT NULL,                    -- of the vendor to be
    reference      text NOT NULL,                    -- in F&O a mark in its notes; in Brex the Idempotency-Key
    body           text NOT NULL,                    -- exactly as sent
    actor          text NOT NULL,
    outcome        text NOT NULL DEFAULT 'open' CHECK (outcome IN ('open', 'written', 'refused', 'uncertain')),
    held           boolean NOT NULL DEFAULT false,   -- it cannot be told what became of it: nothing is sent again
    account        text NOT NULL DEFAULT '',         -- what F&O, or Brex, calls it
    evidence       text NOT NULL DEFAULT '',
    attempts       integer NOT NULL DEFAULT 0,       -- 0: surely nothing left this machine
    worker         text NOT NULL DEFAULT '',         -- who looks or sends
    busy_until     timestamptz,                      -- until then
    sent_at        timestamptz,
    absent_at      timestamptz,                      -- after a quiet time it was looked for and not found
    created_at     timestamptz NOT NULL DEFAULT now(),
    settled_at     timestamptz
);
-- What blocks a second one.
CREATE UNIQUE INDEX vendor_writes_once ON vendor_writes (connection_id, side, legal_entity, subject)
    WHERE outcome IN ('open', 'uncertain', 'written');

-- A fourth secret, which may let money leave.
ALTER TABLE credentials DROP CONSTRAINT credentials_kind_check;
ALTER TABLE credentials ADD CONSTRAINT credentials_kind_check
    CHECK (kind IN ('brex.token', 'brex.webhook_secret', 'brex.transfers_token', 'd365.client_secret')) NOT VALID;

-- One row per transfer: asked for by one person, approved by another, sent, then known.
CREATE TABLE transfers (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection_id  bigint NOT NULL REFERENCES connections,
    reference      text NOT NULL,
    key            text NOT NULL UNIQUE,             -- Idempotency-Key
    body           text NOT NULL,                    -- exactly as sent
    vendor         text NOT NULL,
    amount         numeric NOT NULL CHECK (amount > 0),
    currency       text NOT NULL,
    memo           text NOT NULL,
    request_hash   text NOT NULL,                    -- what was asked for
    state          text NOT NULL DEFAULT 'requested'
        CHECK (state IN ('requested', 'approved', 'uncertain', 'written', 'refused')),
    held           boolean NOT NULL DEFAULT false,
    requested_by   text NOT NULL,
    requested_at   timestamptz NOT NULL DEFAULT now(),
    approved_by    text CHECK (approved_by <> requested_by),
    day            date,                             -- whose limit it counts against
    attempts       integer NOT NULL DEFAULT 0,
    worker         text NOT NULL DEFAULT '',
    busy_until     timestamptz,
    sent_at        timestamptz,                      -- the first time
    brex_id        text NOT NULL DEFAULT '',
    status         text NOT NULL DEFAULT '',         -- in Brex's words
    evidence       text NOT NULL DEFAULT '',
    UNIQUE (connection_id, reference)
);
-- The same thing is not asked for twice while it waits.
CREATE UNIQUE INDEX transfers_once ON transfers (connection_id, request_hash)
    WHERE state IN ('requested', 'approved', 'uncertain');

-- What was approved on a day: one row per currency is what two approvals at once queue for.
CREATE TABLE transfer_days (
    connection_id  bigint NOT NULL REFERENCES connections,
    currency       text NOT NULL,
    day            date NOT NULL,
    spent          numeric NOT NULL,
    PRIMARY KEY (connection_id, currency, day)
);

-- Who did what, and when; only added to.
CREATE TABLE transfer_events (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection_id  bigint NOT NULL REFERENCES connections,
    reference      text NOT NULL,
    at             timestamptz NOT NULL DEFAULT now(),
    actor          text NOT NULL,
    what           text NOT NULL,
    body_hash      text NOT NULL
);
CREATE TRIGGER transfer_events_no_change BEFORE UPDATE OR DELETE ON transfer_events
    FOR EACH ROW EXECUTE FUNCTION events_are_append_only();
CREATE TRIGGER transfer_events_no_truncate BEFORE TRUNCATE ON transfer_events
    FOR EACH STATEMENT EXECUTE FUNCTION events_are_append_only();
"""

DOWN = """
DROP TABLE transfer_events, transfer_days, transfers;
DELETE FROM credentials WHERE kind = 'brex.transfers_token';
ALTER TABLE credentials DROP CONSTRAINT credentials_kind_check;
ALTER TABLE credentials ADD CONSTRAINT credentials_kind_check
    CHECK (kind IN ('brex.token', 'brex.webhook_secret', 'd365.client_secret'));
DROP TABLE vendor_writes, vendor_surveys, brex_vendors;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
