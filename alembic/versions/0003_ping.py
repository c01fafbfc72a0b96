"""What `connector probe` has learned of an F&O environment. Only adds."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

UP = """
-- One row per question; the latest answer stays. An answer is any JSON, so that a question may grow.
CREATE TABLE learned_facts (
    connection_id  bigint NOT NULL REFERENCES connections,
    fact           text NOT NULL,
    answer         jsonb NOT NULL,
    learned_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (connection_id, fact)
);
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute("DROP TABLE learned_facts")
