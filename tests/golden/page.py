"""The part of docs/mapping.md that is made from the golden files: a worked entry for every record type."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from connector.domain import jsonio
from connector.domain.connection import Posting
from connector.domain.treatments import CODED, TREATMENTS, Treatment, treatment_of
from connector.mapping.frame import CALLED
from tests.golden import cases

PAGE: Final = Path(__file__).parents[2] / "docs" / "mapping.md"
BEGIN, END = "<!-- types: written by `python -m tests.golden.generate --force` -->\n", "<!-- /types -->\n"


def by_default() -> dict[str, Treatment]:
    """Every type, on a connection that says nothing about treatments."""
    nothing = Posting.model_validate(cases.load_type(cases.type_names()[0])["settings"])
    return {kind: treatment for kind in TREATMENTS if (treatment := treatment_of(kind, nothing)) is not None}


def text() -> str:
    """The page as it should be: everything outside the markers as it is."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    return before + BEGIN + "\n" + "\n".join(_types()) + "\n" + END + rest.partition(END)[2]


def _types() -> Iterator[str]:
    names = cases.type_names()
    yield from _summary()
    for kind, treatment in by_default().items():
        yield f"### {kind}\n"
        yield f"{_words(treatment)}\n"
        for name in names:
            case = cases.load_type(name)
            if case["record"]["type"] == kind:
                yield from _case(name, case)


def _summary() -> Iterator[str]:
    yield "| record | debit | credit | by default |"
    yield "|---|---|---|---|"
    for kind, one in by_default().items():
        sides = ["", ""] if one.kind != "entry" else [_side(one.debit), _side(one.credit)]
        state = {"skip": "skipped", "hold": "held"}.get(one.kind, "posted" if one.confirmed else "waits for approval")
        yield f"| [{kind}](#{kind.lower()}) | {sides[0]} | {sides[1]} | {state} |"
    yield ""


def _words(treatment: Treatment) -> str:
    if treatment.kind == "entry":
        waits = "Posted at once." if treatment.confirmed else "Waits for an approval."
        form = "" if treatment.form == "general_journal" else f", in {CALLED[treatment.form]}"
        return f"{_side(treatment.debit)} / {_side(treatment.credit)}{form}. {waits}"
    return "Skipped by default." if treatment.kind == "skip" else "Held by default."


def _side(side: str | None) -> str:
    return "coded lines" if side == CODED else str(side).replace("_", " ")


def _case(name: str, case: dict[str, Any]) -> Iterator[str]:
    expected = jsonio.loads(cases.type_expected_path(name).read_bytes())["offset"]
    yield f"{case['about']}\n"
    if "skip" in expected:
        yield f"> Skipped: {expected['skip']}\n"
    elif "problems" in expected:
        yield "".join(f"> Held as `{one['code']}`: {one['sentence']} {one['fix']}\n" for one in expected["problems"])
    else:
        yield from _entry(expected["entry"])
        if "receipt_link" in case["settings"]:
            yield from _link(expected["entry"]["lines"])
    yield f"*Shape of the record: {case['brex_shape']} (`tests/golden/types/{name}.json`).*\n"


def _entry(entry: dict[str, Any]) -> Iterator[str]:
    yield "\n".join(_table(entry)) + "\n"
    if "invoice" in entry:
        yield _invoice(entry["form"], entry["invoice"]) + "\n"
    for note in entry["notes"]:
        yield f"> {note}\n"
    if "linked" in entry:
        yield from _entry(entry["linked"])


def _link(lines: list[dict[str, Any]]) -> Iterator[str]:
    """What leads to the receipt on its lines."""
    tagged = "financial_tag" in lines[0]
    said = dict.fromkeys(line["financial_tag" if tagged else "text"] for line in lines)
    yield f"{'Financial tag' if tagged else 'Text'}: {', '.join(f'`{one}`' for one in said)}.\n"


def _invoice(form: str, invoice: dict[str, Any]) -> str:
    if form == "payment_journal":
        return f"Settles invoice `{invoice['number']}` of vendor `{invoice['vendor']}`."
    due = f", due {invoice['due']}" if invoice["due"] else ""
    return f"Invoice `{invoice['number']}` of vendor `{invoice['vendor']}`, dated {invoice['dated']}{due}."


def _table(entry: dict[str, Any]) -> Iterator[str]:
    where = entry["journal_name"] or "No journal"
    yield f"| {where}, {entry['date']}, {entry['currency']} | debit | credit | because |"
    yield "|---|---:|---:|---|"
    for line in entry["lines"]:
        yield _row(line["account"], line["debit"], line["credit"], line["why"])
        if line["offset"] is not None:
            yield _row(line["offset"], line["credit"], line["debit"], line["why"])


def _row(account: dict[str, str], debit: Any, credit: Any, why: list[str]) -> str:
    kind = "" if account["type"] == "Ledger" else f"{account['type']} "
    return f"| `{kind}{account['display']}` | {debit or ''} | {credit or ''} | {_because(account, why)} |"


def _because(account: dict[str, str], why: list[str]) -> str:
    """The reason for this account among those of its line; each reads `what value: reason`."""
    what = "MainAccount" if account["type"] == "Ledger" else account["type"]
    for reason in why:
        name, _, words = reason.partition(": ")
        kind, _, value = name.partition(" ")
        if kind == what and account["display"].replace("\\", "").startswith(value):
            return words
    raise ValueError(f"no reason for {account} in {why}")
