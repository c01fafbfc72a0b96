"""`connector rules`: what becomes of a line that neither a mapping nor a remote id answers, as a CSV file."""

from collections.abc import Iterable, Sequence
from typing import Annotated

import typer

from connector.cli import rulebooks
from connector.cli.arguments import AsJson, Name
from connector.cli.context import current, person
from connector.cli.failures import Failure
from connector.cli.output import print_json, say
from connector.cli.rulebooks import AtVersion, DryRun, ToFile
from connector.cli.tables import Column, table
from connector.cli.words import counted
from connector.mapping.mappings import fold
from connector.mapping.rules import Row, Rule, RuleBook
from connector.mapping.rulesfile import read_rules, write_rules
from connector.store import rules as store

app = typer.Typer(no_args_is_help=True, help="Rules: what a line gets where no mapping and no remote id answers.")
RuleName = Annotated[str, typer.Argument(metavar="RULE", help="The rule's name.", show_default=False)]


@app.command("import")
def import_(
    ctx: typer.Context,
    name: Name,
    file: Annotated[str, typer.Argument(metavar="FILE.csv", help="The rules; - reads them from standard input.")],
    dry_run: DryRun = False,
) -> None:
    """Put the rules of a file in place of all rules of a connection.

    The columns are rule, on, field, operator, value, dimension and result; a rule has a line for each condition
    and each result. Where a single line is wrong nothing is changed, and every wrong one is told with its number.

    Example: connector rules import acme rules.csv --dry-run
    """
    context = current(ctx)
    connection = context.connection(name)
    rows = rulebooks.read(file, read_rules)
    with context.runtime.database.begin() as tx:
        before = store.rules(tx, connection.id)
        changed = before != [tuple(row) for row in rows]
        if changed and not dry_run:
            store.replace_rules(tx, connection.id, rows, person())
    if not changed:
        say(f"{counted(len(RuleBook(rows).rules), 'rule')}: the same as before; nothing was changed.")
        return
    rulebooks.say_changes("rule", _by_name(before), _by_name(rows))
    if dry_run:
        rulebooks.say_trial(context, connection, book=RuleBook(rows))
        return
    context.woken(connection)


def _by_name(rows: Iterable[Sequence[str]]) -> dict[object, object]:
    """Folded name → its place in the order and its lines."""
    found: dict[object, list[Sequence[str]]] = {}
    for row in rows:
        found.setdefault(fold(row[0]), []).append(tuple(row))
    return {name: tuple(lines) for name, lines in found.items()}


@app.command()
def export(
    ctx: typer.Context,
    name: Name,
    file: ToFile = None,
    version: AtVersion = None,
) -> None:
    """Write all rules of a connection as CSV, in the form that import reads.

    Example: connector rules export acme rules.csv
    """
    rulebooks.export(
        current(ctx),
        name,
        "rules",
        version,
        file,
        present=store.rules,
        text=lambda rows: write_rules([Row(*row) for row in rows]),
    )


@app.command("list")
def list_(ctx: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """List the rules in their order. For each dimension the first one that applies wins.

    Example: connector rules list acme
    """
    context = current(ctx)
    connection = context.connection(name)
    with context.runtime.database.begin() as tx:
        book = RuleBook(store.rules(tx, connection.id))
    if as_json:
        print_json([_for_programs(rule, book) for rule in book.rules])
    elif not book.rules:
        say("No rule yet.")
    else:
        columns = [Column("#", right=True), Column("Rule"), Column("On"), Column("Where", wrap=True),
                   Column("Gives", wrap=True)]  # fmt: skip
        table(columns, [[str(place), *_cells(rule, book)] for place, rule in enumerate(book.rules, start=1)])


def _cells(rule: Rule, book: RuleBook) -> list[str]:
    where = " and ".join(condition.words for condition in rule.conditions) or "always"
    gives = [f"{book.written.get(name, name)} {value}" for name, value in rule.results.items()]
    return [rule.name, "yes" if rule.on else "no", where, f"skip: {rule.skip}" if rule.skip else ", ".join(gives)]


def _for_programs(rule: Rule, book: RuleBook) -> dict[str, object]:
    return {
        "rule": rule.name,
        "on": rule.on,
        "conditions": [condition.words for condition in rule.conditions],
        "results": {book.written.get(name, name): value for name, value in rule.results.items()},
        "skip": rule.skip,
    }


@app.command()
def on(ctx: typer.Context, name: Name, rule: RuleName) -> None:
    """Switch a rule on.

    Example: connector rules on acme Rides
    """
    _switch(ctx, name, rule, "yes")


@app.command()
def off(ctx: typer.Context, name: Name, rule: RuleName) -> None:
    """Switch a rule off; it keeps its place.

    Example: connector rules off acme Rides
    """
    _switch(ctx, name, rule, "no")


def _switch(ctx: typer.Context, name: str, rule: str, cell: str) -> None:
    context = current(ctx)
    connection = context.connection(name)
    with context.runtime.database.begin() as tx:
        before = [Row(*row) for row in store.rules(tx, connection.id)]
        rows = [row._replace(on=cell) if fold(row.rule) == fold(rule) else row for row in before]
        if not any(fold(row.rule) == fold(rule) for row in before):
            raise Failure(f'{name} has no rule "{rule}": `connector rules list {name}` shows those there are.')
        if rows != before:
            store.replace_rules(tx, connection.id, rows, person())
    say(f'The rule "{rule}" is {"on" if cell == "yes" else "off"}.')
    context.woken(connection)


@app.command()
def history(ctx: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """List the versions that the rules have had: since when, by whom, how many lines.

    Example: connector rules history acme
    """
    context = current(ctx)
    rulebooks.say_history(context, context.connection(name), "rules", as_json=as_json)
