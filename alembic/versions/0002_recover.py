"""Recovery of a database behind its ledger, and following journals until they are posted. Only adds."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

UP = """
-- One row: which database this is. A restored dump, a fail-over or a copy is another one.
CREATE TABLE install (
    id           smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    fingerprint  text NOT NULL,
    changed_at   timestamptz                         -- when it was last found to be another one
);

-- References of ours found in the ledger by a reading of the whole of it, whatever this database knew.
CREATE TABLE ledger_references (
    connection_id  bigint NOT NULL REFERENCES connections,
    reference      text NOT NULL,
    PRIMARY KEY (connection_id, reference)
);

-- When the ledger was last read as a whole; null: never, and nothing may be posted before.
ALTER TABLE connections ADD COLUMN recovered_at timestamptz;

-- Written journals are followed until F&O has posted them.
ALTER TABLE journals ADD COLUMN watch_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE journals ADD COLUMN posted_at timestamptz;
CREATE INDEX journals_to_watch ON journals (connection_id, watch_at)
    WHERE number IS NOT NULL AND posted_at IS NULL;
"""

DOWN = """
DROP INDEX journals_to_watch;
ALTER TABLE journals DROP COLUMN posted_at;
ALTER TABLE journals DROP COLUMN watch_at;
ALTER TABLE connections DROP COLUMN recovered_at;
DROP TABLE ledger_references, install;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
