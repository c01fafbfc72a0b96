"""Which merchant is which vendor: what was decided, by whom and why. Only adds."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

UP = """
-- The present word on each merchant name, as it is compared (`key`), in each legal entity.
CREATE TABLE vendor_matches (
    connection_id  bigint NOT NULL REFERENCES connections,
    legal_entity   text NOT NULL,
    key            text NOT NULL,
    merchant       text NOT NULL,                    -- as Brex wrote it when it was first met
    verdict        text NOT NULL CHECK (verdict IN ('accepted', 'suggested', 'unknown')),
    decided_by     text NOT NULL CHECK (decided_by IN ('person', 'name')),
    account        text NOT NULL DEFAULT '',         -- of the vendor that was accepted
    vendor_name    text NOT NULL DEFAULT '',         -- its name at that time
    score          numeric,
    why            text NOT NULL,
    candidates     jsonb NOT NULL DEFAULT '[]',
    rejected       text[] NOT NULL DEFAULT '{}',     -- accounts that a person said it is not
    names_version  integer NOT NULL,                 -- of the way in which names are compared
    version        integer NOT NULL DEFAULT 1,
    actor          text NOT NULL,
    at             timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (connection_id, legal_entity, key)
);

-- Every word there ever was; only added to.
CREATE TABLE vendor_decisions (
    connection_id  bigint NOT NULL REFERENCES connections,
    legal_entity   text NOT NULL,
    key            text NOT NULL,
    version        integer NOT NULL,
    at             timestamptz NOT NULL DEFAULT now(),
    actor          text NOT NULL,
    verdict        text NOT NULL,
    account        text NOT NULL,
    why            text NOT NULL,
    PRIMARY KEY (connection_id, legal_entity, key, version)
);
"""

DOWN = """
DROP TABLE vendor_decisions, vendor_matches;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
