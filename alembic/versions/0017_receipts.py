"""Receipts that are to be attached to pending vendor invoices, and what became of each. Only adds."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE receipts (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection_id  bigint NOT NULL REFERENCES connections,
    record_pk      bigint NOT NULL REFERENCES records,
    write_id       bigint NOT NULL REFERENCES writes,      -- the invoice that it belongs to
    receipt_id     text NOT NULL,                          -- Brex's; its links are never kept
    state          text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'attached', 'refused', 'given up')),
    reason         text NOT NULL DEFAULT '',
    attempts       integer NOT NULL DEFAULT 0,
    next_at        timestamptz NOT NULL DEFAULT now(),
    sent_until     timestamptz,                            -- it may have left: until then it may still be on its way
    absent_at      timestamptz,                            -- looked for in F&O since, and not found
    file           text NOT NULL DEFAULT '',               -- the name it is attached under
    size           integer,
    digest         text NOT NULL DEFAULT '',
    attached_at    timestamptz,
    created_at     timestamptz NOT NULL DEFAULT now(),
    UNIQUE (write_id, receipt_id)
);
CREATE INDEX receipts_waiting ON receipts (connection_id, next_at) WHERE state = 'waiting';
CREATE INDEX receipts_by_record ON receipts (record_pk);
"""

DOWN = """
DROP TABLE receipts;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
