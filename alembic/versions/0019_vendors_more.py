"""A vendor that was created here may be deleted by others: then it may be created again. Only adds."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

UP = """
-- `gone`: it was written, and somebody deleted it since. It blocks no second one.
ALTER TABLE vendor_writes DROP CONSTRAINT vendor_writes_outcome_check;
ALTER TABLE vendor_writes ADD CONSTRAINT vendor_writes_outcome_check
    CHECK (outcome IN ('open', 'written', 'refused', 'uncertain', 'gone')) NOT VALID;
"""

DOWN = """
UPDATE vendor_writes SET outcome = 'refused' WHERE outcome = 'gone';
ALTER TABLE vendor_writes DROP CONSTRAINT vendor_writes_outcome_check;
ALTER TABLE vendor_writes ADD CONSTRAINT vendor_writes_outcome_check
    CHECK (outcome IN ('open', 'written', 'refused', 'uncertain'));
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
