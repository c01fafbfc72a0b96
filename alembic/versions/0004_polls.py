"""Polls by cursor, what changed in Brex after it was written, webhooks that stop, and the life of tokens. Only adds."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

UP = """
-- Bills, and what changed after it was written, are read from where the last whole reading ended, by Brex's time.
ALTER TABLE connections ADD COLUMN bills_cursor timestamptz;
ALTER TABLE connections ADD COLUMN changes_cursor timestamptz;
-- One poll of a connection at a time; past it, the worker that polled is dead.
ALTER TABLE connections ADD COLUMN poll_until timestamptz;

ALTER TABLE records ADD COLUMN announced_at timestamptz;    -- when a webhook last told of it
ALTER TABLE records ADD COLUMN changed_in_brex jsonb;       -- how it differs from what was written, and who saw to it
CREATE INDEX records_announced ON records (connection_id, announced_at) WHERE announced_at IS NOT NULL;
CREATE INDEX records_unannounced ON records (connection_id, created_at) WHERE announced_at IS NULL;
CREATE INDEX records_changed ON records (connection_id, id) WHERE changed_in_brex IS NOT NULL;

ALTER TABLE credentials ADD COLUMN used_at timestamptz;     -- last call it was good for, to the hour
ALTER TABLE credentials ADD COLUMN checked_at timestamptz;  -- last time it was tried only to keep it alive
ALTER TABLE credentials ADD COLUMN expires_on date;         -- where a person told us
ALTER TABLE credentials ADD COLUMN warned integer;          -- the last threshold (days) that was warned of
"""

DOWN = """
ALTER TABLE credentials DROP COLUMN warned, DROP COLUMN expires_on, DROP COLUMN checked_at, DROP COLUMN used_at;
DROP INDEX records_changed, records_unannounced, records_announced;
ALTER TABLE records DROP COLUMN changed_in_brex, DROP COLUMN announced_at;
ALTER TABLE connections DROP COLUMN poll_until, DROP COLUMN changes_cursor, DROP COLUMN bills_cursor;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
