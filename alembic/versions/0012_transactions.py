"""Whose spend a record tells of: the id of its expense. Only adds."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

UP = """
-- Brex's id of the expense (or bill) behind the record; empty for those fetched before, and where there is none.
ALTER TABLE records ADD COLUMN source_id text NOT NULL DEFAULT '';
CREATE INDEX records_by_source ON records (connection_id, source_id) WHERE source_id <> '';
-- Accounting records of which a person has said that they are no twins of card transactions booked before.
ALTER TABLE records ADD COLUMN no_twin boolean NOT NULL DEFAULT false;
-- The connection of accounting records that goes on where this one, of card transactions, ended.
ALTER TABLE connections ADD COLUMN followed_by text NOT NULL DEFAULT '';
"""

DOWN = """
ALTER TABLE connections DROP COLUMN followed_by;
ALTER TABLE records DROP COLUMN no_twin;
DROP INDEX records_by_source;
ALTER TABLE records DROP COLUMN source_id;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
