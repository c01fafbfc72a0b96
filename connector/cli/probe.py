"""`connector probe`: how does this F&O environment behave where it is not documented?"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer

from connector.cli.arguments import AsJson, Name
from connector.cli.asking import confirm
from connector.cli.context import Context, current
from connector.cli.failures import Failure
from connector.cli.output import note, print_json, say
from connector.cli.tables import Column, table
from connector.cli.words import when, zone
from connector.pipeline import probe as probing
from connector.store import facts
from connector.store.connections import Connection

# Fact → the question, and what each answer means. An answer that is an object is told as its pairs.
QUESTIONS: Final[dict[str, tuple[str, Mapping[str, str]]]] = {
    "vouchers_per_entry": (
        "Vouchers of an entry",
        {
            "one": "one of its own, as it must be",
            "split": "several: entries are held as D365-VOUCHER; see the journal name's New voucher",
            "shared": "shared with others: entries are held as D365-VOUCHER; see the journal name's New voucher",
        },
    ),
    "filled_when_sent_empty": ("Filled in though sent empty", {}),
    "filled_when_left_out": ("Filled in when left out", {}),
    "line_number": (
        "A LineNumber that is sent",
        {"refused": "is refused", "ignored": "is ignored", "kept": "is kept"},
    ),
    "batch_after_failure": (
        "A $batch after a failed entry",
        {"continues": "goes on with the next entry", "stops": "stops: the rest is looked for and sent again"},
    ),
    "probed_in": ("Tried in", {}),
}


def probe(
    ctx: typer.Context,
    name: Name,
    show: Annotated[bool, typer.Option("--show", help="Only show what was learned before.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Learn how this F&O environment behaves, by writing a few cents into a journal of its own.

    The journal is never posted by the connector and stays for a person to delete. What was learned is kept with its
    date; --show tells it again.

    Example: connector probe acme
    """
    context = current(ctx)
    connection = context.connection(name)
    if not show:
        _try(context, connection, yes=yes)
    with context.runtime.database.begin() as tx:
        known = facts.known(tx, connection.id)
    if as_json:
        print_json([{"fact": one.fact, "answer": one.answer, "learned_at": one.learned_at} for one in known])
        return
    if not known:
        say(f"Nothing was learned yet: `connector probe {name}`.")
        return
    order = list(QUESTIONS)
    known.sort(key=lambda one: order.index(one.fact) if one.fact in order else len(order))
    table(
        [Column("Question"), Column("Answer", wrap=True), Column("Learned", leave=1)],
        [[_question(one.fact), _answer(one.fact, one.answer), when(one.learned_at, zone(connection))] for one in known],
    )


def _try(context: Context, connection: Connection, *, yes: bool) -> None:
    settings = connection.settings["posting"]
    if not yes:
        note(
            f"This creates a journal {settings['journal_name']} in {settings['legal_entity']} with lines of a few "
            "cents. It is not posted, and it stays there until a person deletes it."
        )
        confirm("Go on?")
    try:
        learned = probing.run(context.runtime, connection, datetime.now(UTC))
    except probing.NotPossible as error:
        raise Failure(f"Nothing was tried: {error}.") from None
    for fact, reason in learned.unknown.items():
        note(f"{_question(fact)}: still open ({reason}).")
    note(f'Journal {learned.journal} in {learned.company} ("{learned.description}") can be deleted in F&O now.')


def _question(fact: str) -> str:
    return QUESTIONS[fact][0] if fact in QUESTIONS else fact


def _answer(fact: str, answer: Any) -> str:
    words = QUESTIONS[fact][1] if fact in QUESTIONS else {}
    if isinstance(answer, dict):
        return ", ".join(f"{key} {value}" for key, value in answer.items()) or "nothing"
    return words.get(str(answer), str(answer))
