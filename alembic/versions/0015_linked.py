"""A second entry of one record: a record of its own, linked to it. Only adds."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

UP = """
-- Of the second entry of a record (another company's side of it, or the payment of its invoice): that record.
ALTER TABLE records ADD COLUMN linked_to bigint REFERENCES records;
CREATE UNIQUE INDEX records_linked ON records (linked_to) WHERE linked_to IS NOT NULL;
"""

DOWN = """
DROP INDEX records_linked;
ALTER TABLE records DROP COLUMN linked_to;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
