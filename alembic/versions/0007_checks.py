"""Kept checks: nightly reconciliations and digests of the audit trail. Only adds."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

UP = """
-- One row for each night of a connection: what a reconciliation of the days before found.
CREATE TABLE reconciliations (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection_id  bigint NOT NULL REFERENCES connections,
    last_day       date NOT NULL,                    -- in the connection's time zone; the window ends with it
    first_day      date NOT NULL,
    claimed_until  timestamptz NOT NULL,             -- until then nobody else takes this night
    tries          integer NOT NULL DEFAULT 1,
    done_at        timestamptz,
    clean          boolean,
    found          integer NOT NULL DEFAULT 0,       -- findings, all of them
    totals         jsonb NOT NULL DEFAULT '[]',
    findings       jsonb NOT NULL DEFAULT '[]',      -- bounded
    since_before   jsonb NOT NULL DEFAULT '{}',      -- what is new, open, mended, out of sight since the night before
    problem        text NOT NULL DEFAULT '',         -- why there is no result yet
    UNIQUE (connection_id, last_day)
);

-- What the heads of all record chains came to, day by day, chained: a history rewritten with fitting hashes is found
-- by it. Never changed, as the events themselves.
CREATE TABLE audit_digests (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection_id  bigint NOT NULL REFERENCES connections,
    since          timestamptz NOT NULL,             -- events from then on …
    until          timestamptz NOT NULL,             -- … and before then
    at             timestamptz NOT NULL DEFAULT clock_timestamp(),
    records        bigint NOT NULL,                  -- how many had events
    events         bigint NOT NULL,
    heads          bytea NOT NULL,                   -- over the last event of each of these records
    prev_hash      bytea NOT NULL,
    hash           bytea NOT NULL,
    CHECK (since < until),
    UNIQUE (connection_id, until),
    UNIQUE (connection_id, prev_hash)
);
CREATE FUNCTION audit_digests_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'digests are append-only';
END $$;
CREATE TRIGGER audit_digests_no_change BEFORE UPDATE OR DELETE ON audit_digests
    FOR EACH ROW EXECUTE FUNCTION audit_digests_are_append_only();
CREATE TRIGGER audit_digests_no_truncate BEFORE TRUNCATE ON audit_digests
    FOR EACH STATEMENT EXECUTE FUNCTION audit_digests_are_append_only();

-- A reversing entry may have another date than its record.
CREATE INDEX writes_reversals ON writes (connection_id, posting_date) WHERE kind = 'reversal';

-- Events are appended in the order of their time: a few pages of index serve any number of them.
CREATE INDEX events_by_time ON events USING brin (at);
"""

DOWN = """
DROP INDEX events_by_time;
DROP INDEX writes_reversals;
DROP TABLE audit_digests, reconciliations;
DROP FUNCTION audit_digests_are_append_only;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
