"""What an entry is written as: lines of a general, an invoice or a payment journal, or a pending invoice. Only adds."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# Journals still open one at a time by company, name and period, whatever their form: the release before asks for just
# that index, and a journal name has but one form. Its workers would look for an invoice in the general journals, find
# none there, and send it again: what they do not understand they may not change. `store.engine` says who does.
UP = """
ALTER TABLE writes ADD COLUMN form text NOT NULL DEFAULT 'general_journal';
ALTER TABLE writes ADD CONSTRAINT writes_form_check
    CHECK (form IN ('general_journal', 'invoice_journal', 'payment_journal', 'pending_invoice')) NOT VALID;
ALTER TABLE journals ADD COLUMN form text NOT NULL DEFAULT 'general_journal';
ALTER TABLE journals ADD CONSTRAINT journals_form_check
    CHECK (form IN ('general_journal', 'invoice_journal', 'payment_journal')) NOT VALID;

-- Where our references were found, and in which kinds of journal they have been looked for at all.
ALTER TABLE ledger_references ADD COLUMN form text NOT NULL DEFAULT 'general_journal';
ALTER TABLE connections ADD COLUMN forms_read text[] NOT NULL DEFAULT '{general_journal}';

CREATE FUNCTION forms_are_known() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a write of the form % is for a later release', OLD.form;
END $$;
CREATE TRIGGER writes_of_later_forms BEFORE UPDATE ON writes FOR EACH ROW
    WHEN (OLD.form <> 'general_journal' AND current_setting('connector.forms', true) IS DISTINCT FROM 'known')
    EXECUTE FUNCTION forms_are_known();
"""

DOWN = """
DROP TRIGGER writes_of_later_forms ON writes;
DROP FUNCTION forms_are_known();
ALTER TABLE connections DROP COLUMN forms_read;
ALTER TABLE ledger_references DROP COLUMN form;
ALTER TABLE journals DROP COLUMN form;
ALTER TABLE writes DROP COLUMN form;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
