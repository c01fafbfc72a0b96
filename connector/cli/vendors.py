"""`connector vendors`: which merchant or bill-pay vendor is which vendor account in F&O, and why."""

from pathlib import Path
from typing import Annotated, Any

import typer

from connector.cli import rulebooks
from connector.cli.arguments import AsJson, Name
from connector.cli.context import Context, current, person
from connector.cli.failures import Failure
from connector.cli.output import note, print_json, say
from connector.cli.tables import Column, table
from connector.cli.words import counted, when, zone
from connector.mapping import csvtable
from connector.pipeline import map, vendors  # noqa: A004 - the stage's own name
from connector.pipeline.vendors import NoSuchVendor
from connector.store import vendors as store
from connector.store.connections import Connection
from connector.vendors.book import Decision, Vendors, key_of
from connector.vendors.match import Verdict

app = typer.Typer(no_args_is_help=True, help="Vendors: which merchant is which vendor account in F&O.")
Merchant = Annotated[str, typer.Argument(metavar="MERCHANT", help="The name as Brex has it.", show_default=False)]
Account = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The vendor account in F&O.", show_default=False)]
Entity = Annotated[
    str | None,
    typer.Option(
        "--entity", metavar="ENTITY", help="The legal entity; left out: the connection's.", show_default=False
    ),
]
Why = Annotated[str, typer.Option("--reason", help="Why; kept with the decision.", show_default=False)]
COLUMNS = ("merchant", "legal_entity", "account")


@app.command("list")
def list_(
    ctx: typer.Context,
    name: Name,
    open_: Annotated[bool, typer.Option("--open", help="Only those that wait for a decision.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the merchants met so far, with the vendor each was found to be.

    Example: connector vendors list acme --open
    """
    context = current(ctx)
    connection = context.connection(name)
    with context.runtime.database.begin() as tx:
        rows = store.everything(tx, connection.id)
    if open_:
        rows = [row for row in rows if row["verdict"] != Verdict.ACCEPTED]
    if as_json:
        print_json(rows)
    elif not rows:
        say("No merchant waits." if open_ else "No merchant was met yet.")
    else:
        columns = [Column("Merchant"), Column("Entity", leave=2), Column("Vendor"), Column("By", leave=1),
                   Column("Score", right=True, leave=3), Column("Why", wrap=True)]  # fmt: skip
        table(columns, [_cells(row) for row in rows])
        note(f"{counted(len(rows), 'merchant')}.")


def _cells(row: dict[str, Any]) -> list[str]:
    vendor = f"{row['account']} {row['vendor_name']}" if row["account"] else row["verdict"]
    score = "" if row["score"] is None else f"{row['score']:.2f}"
    return [row["merchant"], row["legal_entity"], vendor, row["decided_by"], score, row["why"]]


@app.command()
def suggest(ctx: typer.Context, name: Name, merchant: Merchant, entity: Entity = None, as_json: AsJson = False) -> None:
    """Show which vendors a name is like, the best first. Nothing is stored.

    Example: connector vendors suggest acme "SQ *JOE'S COFFEE #12 AUSTIN TX"
    """
    context = current(ctx)
    connection = context.connection(name)
    book, company = book_of(context, connection), entity_of(connection, entity)
    if company not in book.registers:
        raise Failure(f"F&O's vendors of {company} are not known here: `connector refresh {name}` reads them.")
    match = book.registers[company].match(merchant)
    if as_json:
        print_json({
            "verdict": match.verdict, "why": match.why,
            "candidates": [{"account": one.vendor.account, "name": one.vendor.name, "score": f"{one.score:.2f}",
                            "why": one.why} for one in match.candidates],
        })  # fmt: skip
        return
    say(f"{match.verdict}: {match.why}.")
    columns = [Column("Account"), Column("Name"), Column("Score", right=True), Column("Why", wrap=True)]
    if match.candidates:
        table(columns, [[one.vendor.account, one.vendor.name, f"{one.score:.2f}", one.why] for one in match.candidates])


@app.command()
def explain(ctx: typer.Context, name: Name, merchant: Merchant, entity: Entity = None, as_json: AsJson = False) -> None:
    """Tell what is decided on a merchant, by whom, when and why, and what it was before.

    Example: connector vendors explain acme "Joe's Coffee"
    """
    context = current(ctx)
    connection = context.connection(name)
    company = entity_of(connection, entity)
    with context.runtime.database.begin() as tx:
        found = store.history(tx, connection.id, company, key_of(merchant))
    now = book_of(context, connection).choice(company, merchant)
    if as_json:
        print_json({"account": now.account, "why": now.why, "problem": now.code, "history": found})
        return
    say(f"Today: {now.account} ({now.why})." if now.account else f"Today it is no vendor: {now.why}.")
    if found:
        zone_name = zone(connection, company)
        columns = [Column("#", right=True), Column("When"), Column("Who"), Column("Verdict"), Column("Vendor"),
                   Column("Why", wrap=True)]  # fmt: skip
        table(columns, [[str(one["version"]), when(one["at"], zone_name), one["actor"], one["verdict"],
                         one["account"], one["why"]] for one in found])  # fmt: skip


@app.command()
def confirm(
    ctx: typer.Context, name: Name, merchant: Merchant, account: Account, entity: Entity = None, reason: Why = ""
) -> None:  # fmt: skip
    """Say which vendor a merchant is. It stays, until you say otherwise or that vendor changes in F&O.

    Example: connector vendors confirm acme "Joe's Coffee" V-00042
    """
    context = current(ctx)
    connection = context.connection(name)
    book, company = book_of(context, connection), entity_of(connection, entity)
    made = _said(lambda: vendors.confirm(
        context.runtime, connection, book, company, merchant, account, person(), reason.strip()
    ))  # fmt: skip
    say(f'"{made.key}" is {made.account} {made.vendor_name} in {company}.')
    context.woken(connection)


@app.command()
def reject(
    ctx: typer.Context, name: Name, merchant: Merchant, account: Account, entity: Entity = None, reason: Why = ""
) -> None:  # fmt: skip
    """Say which vendor a merchant is not; the others are compared again.

    Example: connector vendors reject acme "Joe's Coffee" V-00042
    """
    context = current(ctx)
    connection = context.connection(name)
    book, company = book_of(context, connection), entity_of(connection, entity)
    made = _said(lambda: vendors.reject(
        context.runtime, connection, book, company, merchant, account, person(), reason.strip()
    ))  # fmt: skip
    say(f'"{made.key}" is not {account} in {company}; now {made.verdict}: {made.why}.')
    context.woken(connection)


@app.command("import")
def import_(
    ctx: typer.Context,
    name: Name,
    file: Annotated[str, typer.Argument(metavar="FILE.csv", help="The decisions; - reads them from standard input.")],
) -> None:
    """Take decisions from a file with the columns merchant, legal_entity and account; all of it or nothing.

    Example: connector vendors import acme vendors.csv
    """
    context = current(ctx)
    connection = context.connection(name)
    book = book_of(context, connection)
    rows = rulebooks.read(file, lambda text: _read(text, book, connection))
    actor = person()
    for merchant, entity, account in rows:
        vendors.confirm(context.runtime, connection, book, entity, merchant, account, actor)
    say(f"{counted(len(rows), 'merchant')} decided.")
    context.woken(connection)


def _read(text: str, book: Vendors, connection: Connection) -> list[tuple[str, str, str]]:
    mistakes: list[csvtable.RowMistake] = []
    rows = []
    for number, (merchant, entity, account) in csvtable.read(text, COLUMNS, mistakes):
        company = entity.lower() or vendors.entities(connection)[0]
        register = book.registers.get(company)
        if not merchant:
            mistakes.append(csvtable.RowMistake(number, "merchant is empty"))
        elif register is None:
            mistakes.append(csvtable.RowMistake(number, f'no vendors are known of a legal entity "{entity}"'))
        elif not register.exact("account", account):
            mistakes.append(csvtable.RowMistake(number, f'{company} has no vendor account "{account}"'))
        else:
            rows.append((merchant, company, account))
    if mistakes:
        raise csvtable.BadRows(mistakes)
    return rows


@app.command()
def export(
    ctx: typer.Context,
    name: Name,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE.csv", help="Where to; left out: standard output.")
    ] = None,
) -> None:
    """Write what people decided, and what was accepted by name, in the form that import reads.

    Example: connector vendors export acme vendors.csv
    """
    context = current(ctx)
    connection = context.connection(name)
    with context.runtime.database.begin() as tx:
        rows = [row for row in store.everything(tx, connection.id) if row["account"]]
    text = csvtable.write(COLUMNS, [(row["merchant"], row["legal_entity"], row["account"]) for row in rows])
    rulebooks.write(text, file, len(rows))


@app.command()
def duplicates(ctx: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Point out vendor accounts in F&O that have one name: most likely one company entered twice.

    Example: connector vendors duplicates acme
    """
    context = current(ctx)
    connection = context.connection(name)
    found = [
        (entity, same)
        for entity, register in sorted(book_of(context, connection).registers.items())
        for same in register.same_name()
    ]
    if as_json:
        print_json([{"legal_entity": entity, "accounts": [one.account for one in same], "name": same[0].name}
                    for entity, same in found])  # fmt: skip
    elif not found:
        say("No two vendor accounts have one name.")
    else:
        columns = [Column("Entity"), Column("Accounts"), Column("Names", wrap=True)]
        table(columns, [[entity, ", ".join(one.account for one in same), ", ".join(one.name for one in same)]
                        for entity, same in found])  # fmt: skip


def book_of(context: Context, connection: Connection) -> Vendors:
    return map.rules_of(context.runtime.database, connection).vendors


def entity_of(connection: Connection, given: str | None) -> str:
    known = vendors.entities(connection)
    if given is not None and given.lower() not in known:
        raise Failure(f"{connection.name} does not post to {given}; it posts to {', '.join(known)}.")
    return given.lower() if given else known[0]


def _said(word: Any) -> Decision:
    try:
        made: Decision = word()
    except NoSuchVendor as error:
        raise Failure(f"{error}.") from None
    return made
