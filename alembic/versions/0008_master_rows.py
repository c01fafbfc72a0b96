"""Master data row by row: what is new, changed or gone since the last reading. Only adds."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

UP = """
-- One row per entity set that was ever asked for. `master_data` is read until the first of these, then no more.
CREATE TABLE master_sets (
    connection_id  bigint NOT NULL REFERENCES connections,
    entity_set     text NOT NULL,
    read_at        timestamptz,                      -- end of the last complete reading; null: the set is unknown
    unread         text NOT NULL DEFAULT '',         -- why the last reading failed; empty: it did not
    version        integer NOT NULL DEFAULT 0,       -- +1 with every reading that found something else
    untold         boolean NOT NULL DEFAULT false,   -- what mapping reads changed, and rules_version has not moved yet
    PRIMARY KEY (connection_id, entity_set)
);

-- A row is written when it is new, changed or gone, never merely because it was read again; and never deleted.
CREATE TABLE master_rows (
    connection_id  bigint NOT NULL REFERENCES connections,
    entity_set     text NOT NULL,
    key            text NOT NULL,                    -- F&O's key, as canonical JSON
    row            jsonb NOT NULL,                   -- as F&O gave it, only the columns we use
    row_hash       text NOT NULL,
    active         boolean NOT NULL DEFAULT true,
    first_seen     timestamptz NOT NULL DEFAULT now(),
    changed_at     timestamptz NOT NULL DEFAULT now(),
    last_seen      timestamptz,                      -- of a row that is gone; one that is active: its set's read_at
    PRIMARY KEY (connection_id, entity_set, key)
);
CREATE INDEX master_rows_active ON master_rows (connection_id, entity_set) WHERE active;

-- The keys that a reading under way has seen so far. Worth nothing after a crash.
CREATE UNLOGGED TABLE master_seen (
    connection_id  bigint NOT NULL REFERENCES connections,
    reading        text NOT NULL,
    entity_set     text NOT NULL,
    key            text NOT NULL,
    seen_at        timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX master_seen_reading ON master_seen (connection_id, reading, entity_set);

-- The new tables are filled soon after the release.
UPDATE connections SET next_refresh_at = now() WHERE removed_at IS NULL;
"""

DOWN = """
DROP TABLE master_seen, master_rows, master_sets;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
