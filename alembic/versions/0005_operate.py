"""What operating needs: requests counted, records purged of their contents, and indexes for the figures. Only adds."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

UP = """
-- Requests to each side, as they ended: added up by all processes, for the metrics page.
CREATE TABLE requests (
    connection_id  bigint NOT NULL REFERENCES connections,
    side           text NOT NULL CHECK (side IN ('brex', 'entra', 'd365')),
    outcome        text NOT NULL,                    -- the HTTP status, or what became of the call
    number         bigint NOT NULL DEFAULT 0,
    seconds        numeric NOT NULL DEFAULT 0,
    PRIMARY KEY (connection_id, side, outcome)
);

-- When a record's body, plan and intents were removed; hashes, amounts, references and events stay.
ALTER TABLE records ADD COLUMN purged_at timestamptz;

CREATE INDEX records_written ON records (connection_id, written_at) INCLUDE (created_at) WHERE written_at IS NOT NULL;
CREATE INDEX webhooks_by_time ON webhooks (connection_id, received_at);
"""

DOWN = """
DROP INDEX webhooks_by_time;
DROP INDEX records_written;
ALTER TABLE records DROP COLUMN purged_at;
DROP TABLE requests;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
