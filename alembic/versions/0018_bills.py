"""Vendor invoices are found by company, vendor and number. Only adds."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

# The numbers of vendor invoices that are planned or written, as people compare them: in any upper or lower case.
UP = """
CREATE INDEX records_by_invoice ON records (connection_id, legal_entity, upper(entry->'invoice'->>'vendor'),
    upper(entry->'invoice'->>'number')) WHERE entry->>'form' IN ('invoice_journal', 'pending_invoice');

-- A row to be locked: one transaction at a time settles whose an invoice number is.
CREATE TABLE invoice_numbers (
    connection_id  bigint PRIMARY KEY REFERENCES connections
);
"""

DOWN = """
DROP TABLE invoice_numbers;
DROP INDEX records_by_invoice;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
