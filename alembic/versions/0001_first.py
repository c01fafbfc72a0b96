"""The first schema: connections, the audit table with its append-only events, writes, journals, batches."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

CONNECTIONS = """
CREATE TABLE connections (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name             text NOT NULL,
    settings         jsonb NOT NULL,                 -- the connection file without its secrets
    rules_version    integer NOT NULL DEFAULT 1,     -- +1 whenever settings, mappings, approvals or master data change
    approved_types   text[] NOT NULL DEFAULT '{}',
    state            text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused')),
    state_reason     text NOT NULL DEFAULT '',
    company_id       text NOT NULL DEFAULT '',       -- Brex's, as the last ping saw it
    next_poll_at     timestamptz NOT NULL DEFAULT now(),
    polled_at        timestamptz,
    next_refresh_at  timestamptz NOT NULL DEFAULT now(),
    refreshed_at     timestamptz,
    next_wake_at     timestamptz,
    created_at       timestamptz NOT NULL DEFAULT now(),
    removed_at       timestamptz
);
CREATE UNIQUE INDEX connections_name ON connections (name) WHERE removed_at IS NULL;

CREATE TABLE credentials (
    connection_id  bigint NOT NULL REFERENCES connections,
    kind           text NOT NULL CHECK (kind IN ('brex.token', 'brex.webhook_secret', 'd365.client_secret')),
    ciphertext     bytea NOT NULL,
    key_id         text NOT NULL,                    -- which of CONNECTOR_SECRET_KEYS encrypted it
    updated_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (connection_id, kind)
);

CREATE TABLE mappings (
    connection_id   bigint NOT NULL REFERENCES connections,
    position        integer NOT NULL,
    brex_field      text NOT NULL,
    brex_value      text NOT NULL,
    d365_dimension  text NOT NULL,
    d365_value      text NOT NULL,
    PRIMARY KEY (connection_id, position)
);

CREATE TABLE master_data (
    connection_id  bigint NOT NULL REFERENCES connections,
    entity_set     text NOT NULL,
    rows           jsonb NOT NULL,                   -- as F&O gave them, only the columns we use
    rows_hash      text NOT NULL,
    read_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (connection_id, entity_set)
);

-- When a side of a connection asked us to wait, all workers wait.
CREATE TABLE pacing (
    connection_id     bigint NOT NULL REFERENCES connections,
    side              text NOT NULL CHECK (side IN ('brex', 'd365')),
    not_before        timestamptz NOT NULL DEFAULT now(),
    strikes           integer NOT NULL DEFAULT 0,
    seconds_per_line  numeric NOT NULL DEFAULT 0.25, -- learned from what F&O's answers took
    PRIMARY KEY (connection_id, side)
);

CREATE TABLE webhooks (
    connection_id  bigint NOT NULL REFERENCES connections,
    webhook_id     text NOT NULL,                    -- the same on every re-delivery
    received_at    timestamptz NOT NULL DEFAULT now(),
    event_type     text NOT NULL,
    body_hash      text NOT NULL,
    records        integer NOT NULL,
    deliveries     integer NOT NULL DEFAULT 1,
    PRIMARY KEY (connection_id, webhook_id)
);
"""

RECORDS = """
-- The audit table: one row per Brex record of a connection.
CREATE TABLE records (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection_id    bigint NOT NULL REFERENCES connections,
    record_id        text NOT NULL,
    epoch            integer NOT NULL DEFAULT 0,
    stage            text NOT NULL DEFAULT 'received' CHECK (stage IN ('received', 'fetched', 'mapped', 'writing',
                         'written', 'acknowledged', 'held', 'skipped', 'reversed')),
    export_status    text NOT NULL DEFAULT 'NONE' CHECK (export_status IN ('NONE', 'EXPORTED', 'FAILED',
                         'NOT_APPLICABLE')),
    ledger_status    text NOT NULL DEFAULT 'none' CHECK (ledger_status IN ('none', 'unposted', 'posted', 'gone',
                         'altered')),
    problems         jsonb NOT NULL DEFAULT '[]',
    record_type      text NOT NULL DEFAULT '',
    source_type      text NOT NULL DEFAULT '',
    version          numeric,
    body             text,                           -- the record as Brex gave it; size bounded
    body_hash        text NOT NULL DEFAULT '',
    body_at          timestamptz,                    -- when Brex gave it
    heard_at         timestamptz NOT NULL DEFAULT now(),
    looked_at        timestamptz,                    -- the heard_at that the last fetch answered
    times_heard      integer NOT NULL DEFAULT 1,
    entry            jsonb,                          -- what it becomes
    planned_rules    integer,
    legal_entity     text NOT NULL DEFAULT '',
    currency         text NOT NULL DEFAULT '',
    amount           numeric,                        -- total debit of the entry, major units
    posting_date     date,
    reference        text NOT NULL DEFAULT '',
    journal          text NOT NULL DEFAULT '',
    voucher          text NOT NULL DEFAULT '',
    reason           text NOT NULL DEFAULT '',       -- why it was skipped
    attempts         integer NOT NULL DEFAULT 0,
    next_attempt_at  timestamptz NOT NULL DEFAULT now(),
    created_at       timestamptz NOT NULL DEFAULT now(),
    written_at       timestamptz,
    acknowledged_at  timestamptz,
    event_seq        integer NOT NULL DEFAULT 0,
    event_hash       bytea NOT NULL DEFAULT '',
    UNIQUE (connection_id, record_id)
);
CREATE INDEX records_due ON records (connection_id, stage, next_attempt_at, id)
    WHERE stage IN ('received', 'fetched', 'mapped', 'written');
CREATE INDEX records_heard ON records (connection_id, id)
    WHERE stage IN ('received', 'fetched', 'mapped', 'held') AND (looked_at IS NULL OR heard_at > looked_at);
CREATE INDEX records_by_stage ON records (connection_id, stage, id);
CREATE INDEX records_by_date ON records (connection_id, posting_date, id);
CREATE INDEX records_by_reference ON records (connection_id, reference);

CREATE TABLE events (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    record_pk   bigint NOT NULL REFERENCES records,
    seq         integer NOT NULL,
    at          timestamptz NOT NULL,
    actor       text NOT NULL,
    from_stage  text NOT NULL,
    to_stage    text NOT NULL,
    why         text NOT NULL,
    data        jsonb NOT NULL DEFAULT '{}',
    prev_hash   bytea NOT NULL,
    hash        bytea NOT NULL,
    UNIQUE (record_pk, seq)
);
CREATE FUNCTION events_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are append-only';
END $$;
CREATE TRIGGER events_no_change BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION events_are_append_only();
CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION events_are_append_only();
"""

WRITES = """
CREATE TABLE journals (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection_id  bigint NOT NULL REFERENCES connections,
    legal_entity   text NOT NULL,
    journal_name   text NOT NULL,
    period         text NOT NULL,                    -- the day, week, month or record it collects
    marker         text NOT NULL,                    -- stands in the header's Description
    number         text,                             -- JournalBatchNumber, given by F&O
    status         text NOT NULL DEFAULT 'opening' CHECK (status IN ('opening', 'open', 'closed')),
    status_reason  text NOT NULL DEFAULT '',
    lines_used     integer NOT NULL DEFAULT 0,
    created_at     timestamptz NOT NULL DEFAULT now(),
    CHECK (status <> 'open' OR number IS NOT NULL)
);
CREATE UNIQUE INDEX journals_one_opening ON journals (connection_id, legal_entity, journal_name, period)
    WHERE status = 'opening';
CREATE UNIQUE INDEX journals_number ON journals (connection_id, legal_entity, number);
CREATE INDEX journals_open ON journals (connection_id, legal_entity, journal_name, period) WHERE status = 'open';

CREATE TABLE batches (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection_id  bigint NOT NULL REFERENCES connections,
    journal_id     bigint REFERENCES journals,       -- null: a batch of acknowledgements, which go to Brex
    status         text NOT NULL DEFAULT 'sending' CHECK (status IN ('sending', 'uncertain', 'settled', 'unsent')),
    started_at     timestamptz NOT NULL DEFAULT now(),
    deadline       timestamptz NOT NULL,             -- past it, anyone may call the batch uncertain
    answered_at    timestamptz,
    trace          text NOT NULL DEFAULT '',         -- F&O's ms-dyn-aid or Brex's trace id
    evidence       text NOT NULL DEFAULT ''
);
-- One writer per journal: F&O conflicts on parallel inserts under one header.
CREATE UNIQUE INDEX batches_one_writer ON batches (journal_id) WHERE status IN ('sending', 'uncertain');
CREATE INDEX batches_sending ON batches (connection_id, deadline) WHERE status = 'sending';

CREATE TABLE writes (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection_id  bigint NOT NULL REFERENCES connections,
    record_pk      bigint REFERENCES records,        -- null: a journal header
    epoch          integer NOT NULL DEFAULT 0,
    kind           text NOT NULL CHECK (kind IN ('entry', 'journal', 'acknowledge')),
    reference      text NOT NULL,
    outcome        text NOT NULL DEFAULT 'open' CHECK (outcome IN ('open', 'written', 'refused', 'uncertain')),
    intent         jsonb NOT NULL,                   -- what is sent, exactly
    intent_hash    text NOT NULL,
    lines          integer NOT NULL DEFAULT 1,
    legal_entity   text NOT NULL DEFAULT '',
    journal_name   text NOT NULL DEFAULT '',
    period         text NOT NULL DEFAULT '',
    posting_date   date,
    journal_id     bigint REFERENCES journals,
    batch_id       bigint REFERENCES batches,
    attempts       integer NOT NULL DEFAULT 0,
    not_before     timestamptz NOT NULL DEFAULT now(),
    quiet_until    timestamptz,                      -- before it, absence from the ledger is not believed
    absent_at      timestamptz,                      -- first reading that did not find it
    next_look_at   timestamptz,
    looks          integer NOT NULL DEFAULT 0,
    confirmed      boolean NOT NULL DEFAULT false,   -- it once was seen in the ledger
    resent         boolean NOT NULL DEFAULT false,
    ledger         jsonb NOT NULL DEFAULT '{}',      -- journal, lines, voucher as F&O answered
    evidence       text NOT NULL DEFAULT '',
    created_at     timestamptz NOT NULL DEFAULT now(),
    CHECK ((kind = 'journal') = (record_pk IS NULL))
);
-- What blocks double posting.
CREATE UNIQUE INDEX writes_once ON writes (record_pk, epoch, kind)
    WHERE outcome IN ('open', 'written', 'uncertain');
CREATE INDEX writes_by_record ON writes (record_pk);
CREATE INDEX writes_open ON writes (connection_id, kind, not_before, id) WHERE outcome = 'open' AND batch_id IS NULL;
CREATE INDEX writes_to_look_at ON writes (connection_id, next_look_at, id) WHERE next_look_at IS NOT NULL;
CREATE INDEX writes_by_batch ON writes (batch_id);
CREATE INDEX writes_by_journal ON writes (journal_id);
CREATE INDEX writes_by_reference ON writes (connection_id, reference);
"""


def upgrade() -> None:
    op.execute(CONNECTIONS)
    op.execute(RECORDS)
    op.execute(WRITES)


def downgrade() -> None:
    op.execute("DROP TABLE writes, batches, journals, events, records, webhooks, pacing, master_data, mappings")
    op.execute("DROP TABLE credentials, connections")
    op.execute("DROP FUNCTION events_are_append_only")
