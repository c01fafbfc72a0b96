"""Reversals: what a person took back, what they accepted. Only adds."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# NOT VALID: a check that only widens has nothing to find in the rows there are, and the table is not read for it.
UP = """
ALTER TABLE records ADD COLUMN accepted text[] NOT NULL DEFAULT '{}';  -- problems a person took as they stand

ALTER TABLE writes DROP CONSTRAINT writes_kind_check;
ALTER TABLE writes ADD CONSTRAINT writes_kind_check
    CHECK (kind IN ('entry', 'journal', 'acknowledge', 'removal', 'reversal')) NOT VALID;
-- What the person wished who asked for a removal or reversal: reason, date, re-post.
ALTER TABLE writes ADD COLUMN wish jsonb NOT NULL DEFAULT '{}';
ALTER TABLE writes ADD COLUMN removed_at timestamptz;  -- written once, and since found to stand in F&O no more
-- A record's entry is taken back in one way at a time.
CREATE UNIQUE INDEX writes_taken_back_once ON writes (record_pk, epoch)
    WHERE kind IN ('removal', 'reversal') AND outcome IN ('open', 'written', 'uncertain');
"""

DOWN = """
DROP INDEX writes_taken_back_once;
DELETE FROM writes WHERE kind IN ('removal', 'reversal');
ALTER TABLE writes DROP COLUMN removed_at, DROP COLUMN wish;
ALTER TABLE writes DROP CONSTRAINT writes_kind_check;
ALTER TABLE writes ADD CONSTRAINT writes_kind_check CHECK (kind IN ('entry', 'journal', 'acknowledge'));
ALTER TABLE records DROP COLUMN accepted;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
