"""Which journal names a legal entity's entries go into: general ones always, the others where the settings use them."""

from collections.abc import Iterator
from typing import Final

from connector.d365.errors import D365Error
from connector.domain.entry import Form
from connector.domain.treatments import EVERY, treatment_of
from connector.mapping.entities import LegalEntity
from connector.mapping.frame import CALLED, TYPES
from connector.pipeline.ping import journal_name
from connector.pipeline.ping.rung import Ladder, Rung
from connector.pipeline.ping.sets import Rows, Sets, unread

GENERAL: Final[Form] = "general_journal"
# Form → rung. What is in no journal has none.
RUNGS: Final[dict[Form, str]] = {
    GENERAL: journal_name.RUNG,
    "invoice_journal": "invoice journal",
    "payment_journal": "payment journal",
}


def look(sets: Sets, ladder: Ladder, entity: LegalEntity) -> Iterator[Rung]:
    """Every journal name once; and what is missing where a form that is used has none."""
    for form, names in used(sets, entity).items():
        for name in names:
            yield from journal_name.look(sets, ladder, entity.id, name, RUNGS[form], TYPES[form])
    for form, types in _unnamed(entity).items():
        rows = sets.rows("JournalNames", dataAreaId=entity.id)
        there_are = _fitting(rows, form)
        if isinstance(rows, D365Error):
            yield unread(ladder, RUNGS[form], "JournalNames", rows)
        elif len(there_are) != 1:
            yield _missing(ladder, entity, form, types, there_are)


def used(sets: Sets, entity: LegalEntity) -> dict[Form, list[str]]:
    """Form → names, as planning would take them: those of the settings, or the only one of its type there is."""
    names: dict[Form, list[str]] = {GENERAL: [entity.journal_name]}
    for record_type, form in _forms(entity).items():
        if name := entity.own_journal_of(record_type):
            names.setdefault(form, []).append(name)
    for form in _unnamed(entity):
        there_are = _fitting(sets.rows("JournalNames", dataAreaId=entity.id), form)
        names.setdefault(form, []).extend(there_are if len(there_are) == 1 else [])
    return {form: list(dict.fromkeys(some)) for form, some in names.items()}


def _forms(entity: LegalEntity) -> dict[str, Form]:
    """Record type → form, of those that become lines of a journal. Without a vendor account there is no invoice."""
    found: dict[str, Form] = {}
    for record_type in EVERY:
        treatment = treatment_of(record_type, entity.posting)
        if treatment is None or treatment.kind != "entry" or treatment.form not in RUNGS:
            continue
        role = treatment.vendor_role
        setting = None if role is None else entity.role(role, "")
        found[record_type] = treatment.form if setting is not None and setting.type == "Vend" else GENERAL
    return found


def _unnamed(entity: LegalEntity) -> dict[Form, list[str]]:
    """Form → record types of it that the settings name no journal for."""
    found: dict[Form, list[str]] = {}
    for record_type, form in _forms(entity).items():
        if form != GENERAL and not entity.own_journal_of(record_type):
            found.setdefault(form, []).append(record_type)
    return found


def _fitting(rows: Rows | D365Error, form: Form) -> list[str]:
    if isinstance(rows, D365Error):
        return []
    return sorted(str(row.get("Name")) for row in rows if row.get("Type") in TYPES[form])


def _missing(ladder: Ladder, entity: LegalEntity, form: Form, types: list[str], there_are: list[str]) -> Rung:
    """Amber: everything else is written, and these wait for it."""
    tried = f"JournalNames: of type {' or '.join(TYPES[form])} in {entity.id}"
    known = f"there are {', '.join(there_are)}" if there_are else "there is none"
    sentence = f"{' and '.join(types)} go into {CALLED[form]}, no setting says of which name, and {known}"
    fix = f"name one in posting.treatments.{types[0]}.journal_name"
    create = "" if there_are else f" once it is created ({journal_name.FORM})"
    return ladder.amber(RUNGS[form], tried, sentence, f"{fix}{create}")
