"""Which kinds of journal a connection has to do with: read where the whole ledger is looked through for our references.

Bills go into invoice journals unless a setting says otherwise, so a connection that never saw one has not necessarily
the right to read those. What cannot be read is read before anything is written there (`recover.before_sending`).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import structlog

from connector.d365 import forms
from connector.d365.client import D365Client
from connector.d365.errors import D365Error, Refused, Unauthorized
from connector.domain.connection import Posting
from connector.domain.reference import PATTERN
from connector.domain.treatments import EVERY, treatment_of
from connector.store import journals, ledger
from connector.store.engine import Tx

log = structlog.get_logger()
Row = dict[str, Any]
# What every reference of ours begins with.
PREFIX = "BX"


def of_settings(settings: Posting) -> frozenset[str]:
    """The forms of journal that records become by the settings, or could once they come."""
    treatments = [treatment_of(record_type, settings) for record_type in EVERY]
    found = {one.form for one in treatments if one is not None and one.kind == "entry"}
    return frozenset({"general_journal", *found}) & forms.FORMS.keys()


def in_use(tx: Tx, connection_id: int, settings: Posting) -> tuple[str, ...]:
    """Those of the settings, as far as they could be read, and those that something was ever written in."""
    used = {"general_journal", *journals.forms(tx, connection_id)}
    used |= of_settings(settings) & ledger.forms_read(tx, connection_id)
    return tuple(form for form in forms.IN_ORDER if form in used)


def our_lines(
    client: D365Client, company: str, used: Sequence[str], first: date, last: date | None = None
) -> Iterator[Row]:
    """Lines that carry a reference of ours, of whatever form, each once.

    Bounded by company and date: an unbounded wildcard search was seen to take F&O most of a minute.
    """
    rows: list[Row] = []
    for form in used:
        rows += client.lines_beginning(company, PREFIX, first=first, last=last, form=form)
    return (row for row in forms.once(rows) if PATTERN.fullmatch(str(row.get("Document", ""))))


def closed_to_us(error: D365Error) -> bool:
    """F&O does not serve this set to our user, or not at all; what else is wrong may pass."""
    return isinstance(error, Refused) or error.status in (403, 404)


@contextmanager
def maybe_closed() -> Iterator[None]:
    """Inside `Runtime.calling`, around reads of what not every connection needs: a 403 without a word of explanation is
    `Refused`, too. It says nothing of the token, and pauses nothing."""
    try:
        yield
    except Unauthorized as error:
        if not closed_to_us(error):
            raise
        raise Refused(str(error), status=error.status, activity_id=error.activity_id) from None


def set_aside(form: str, error: D365Error) -> bool:
    """Only this form's journals cannot be read: what is in the others is not kept waiting for them."""
    closed = form != "general_journal" and closed_to_us(error)
    if closed:
        log.warning("journals not readable", form=form, reason=str(error))
    return closed
