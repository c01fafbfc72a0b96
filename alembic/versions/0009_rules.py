"""Rules, and the versions of mappings and rules. Only adds."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

UP = """
-- What becomes of a line that neither a mapping nor a remote id answers; one row for each line of the CSV file.
CREATE TABLE rules (
    connection_id  bigint NOT NULL REFERENCES connections,
    position       integer NOT NULL,
    cells          text[] NOT NULL,                  -- rule, on, field, operator, value, dimension, result
    PRIMARY KEY (connection_id, position),
    CHECK (cardinality(cells) = 7)
);

-- Each state that a connection's mappings and rules have had: a record planned with `version` or a later one (up to
-- the next of its kind) was planned with these rows.
CREATE TABLE rule_versions (
    connection_id  bigint NOT NULL REFERENCES connections,
    kind           text NOT NULL CHECK (kind IN ('mappings', 'rules')),
    version        integer NOT NULL,                 -- the connection's rules_version from which it is in force
    at             timestamptz NOT NULL DEFAULT now(),
    actor          text NOT NULL,
    rows           jsonb NOT NULL,
    PRIMARY KEY (connection_id, kind, version)
);
"""

DOWN = """
DROP TABLE rule_versions, rules;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
