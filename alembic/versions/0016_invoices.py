"""Pending vendor invoices that were written are followed in F&O until they are posted. Only adds."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE invoices (
    write_id       bigint PRIMARY KEY REFERENCES writes,   -- the entry that it is
    connection_id  bigint NOT NULL REFERENCES connections,
    header         text NOT NULL,                          -- HeaderReference, given by F&O
    vendor         text NOT NULL,
    number         text NOT NULL,                          -- the vendor's own
    watch_at       timestamptz NOT NULL DEFAULT now(),
    ended_at       timestamptz                             -- posted, taken back or gone: followed no more
);
CREATE INDEX invoices_to_watch ON invoices (connection_id, watch_at) WHERE ended_at IS NULL;
CREATE INDEX writes_pending_invoices ON writes (connection_id, id)
    WHERE form = 'pending_invoice' AND outcome IN ('open', 'uncertain');
"""

DOWN = """
DROP INDEX writes_pending_invoices;
DROP TABLE invoices;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
