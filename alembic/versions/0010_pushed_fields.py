"""What was pushed to Brex: accounts and dimensions as fields and options. Only adds."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

UP = """
-- Brex's fields and their options as last read: what a push is compared with. Not ours to believe without reading.
CREATE TABLE brex_fields (
    connection_id  bigint NOT NULL REFERENCES connections,
    remote_id      text NOT NULL,                    -- GL_ACCOUNT, or a dimension's name
    brex_id        text NOT NULL,
    name           text NOT NULL,
    field_group    text NOT NULL DEFAULT '',
    disabled       boolean NOT NULL,
    PRIMARY KEY (connection_id, remote_id, brex_id)
);
CREATE TABLE brex_options (
    connection_id  bigint NOT NULL REFERENCES connections,
    field          text NOT NULL,                    -- the field's remote id
    brex_id        text NOT NULL,
    remote_id      text NOT NULL DEFAULT '',         -- F&O's account or value; empty: made in Brex
    value          text NOT NULL,
    disabled       boolean NOT NULL,
    reading        text NOT NULL,                    -- the last one that saw it
    PRIMARY KEY (connection_id, field, brex_id)
);
CREATE INDEX brex_options_remote ON brex_options (connection_id, field, remote_id COLLATE "C", brex_id COLLATE "C");

-- One row per request that changes Brex's fields: intended, then sent, then known.
CREATE TABLE field_writes (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection_id  bigint NOT NULL REFERENCES connections,
    field          text NOT NULL,
    method         text NOT NULL CHECK (method IN ('POST', 'PUT')),
    path           text NOT NULL,
    key            text NOT NULL UNIQUE,             -- Idempotency-Key
    body           text,                             -- exactly as sent; null once it is known what became of it
    body_hash      text NOT NULL,
    items          integer NOT NULL,
    outcome        text NOT NULL DEFAULT 'open' CHECK (outcome IN ('open', 'written', 'refused', 'uncertain')),
    evidence       text NOT NULL DEFAULT '',
    attempts       integer NOT NULL DEFAULT 0,       -- 0: surely nothing left this machine
    created_at     timestamptz NOT NULL DEFAULT now(),
    settled_at     timestamptz
);
CREATE INDEX field_writes_unsettled ON field_writes (connection_id, id) WHERE outcome IN ('open', 'uncertain');

-- One push at a time per connection.
CREATE TABLE field_pushes (
    connection_id  bigint PRIMARY KEY REFERENCES connections,
    worker         text NOT NULL,
    claimed_until  timestamptz NOT NULL
);
"""

DOWN = """
DROP TABLE field_pushes, field_writes, brex_options, brex_fields;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
