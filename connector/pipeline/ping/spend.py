"""Brex, for a connection of card transactions: the host, the token and its scopes, the company, transactions and
expenses, and whether expenses carry the fields that are waited for.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from connector.brex.client import BrexClient
from connector.brex.errors import BrexError, LacksScope, Unauthorized
from connector.brex.spend import Spend
from connector.brex.v1 import V1
from connector.brex.webhooks import Webhooks
from connector.domain.codes import CATEGORY
from connector.pipeline import tail
from connector.pipeline.ping import network
from connector.pipeline.ping.brex import company_rung, token_rung, tried, v1_rung
from connector.pipeline.ping.rung import NEW_FILE, Ladder, Rung, State
from connector.pipeline.runtime import Runtime
from connector.store import tokens
from connector.store.connections import Connection

SCOPES: Final = "transactions.card.readonly, expenses.card.readonly and companies.readonly"
_RESTS: Final = ("token", "scopes", "company", "transactions", "expenses", "fields", "v1 host")
_LADDER: Final = Ladder("Brex")
_LATELY: Final = timedelta(days=30)


def climb(runtime: Runtime, connection: Connection, token: str) -> Iterator[Rung]:
    settings = connection.settings["brex"]
    base, v1_base = settings["base_url"], settings["v1_base_url"]
    reached = network.reach(runtime.outbound, _LADDER, base, "brex.base_url")
    yield from reached
    if reached[-1].state is not State.GREEN:
        yield from _LADDER.skipped(*_RESTS)
        return
    hosts = {"base_url": base, "v1_base_url": v1_base}
    reader = Spend(runtime.outbound, token=token, **hosts)
    v1 = V1(runtime.outbound, token=token, **hosts)
    day = datetime.now(UTC).date()
    company = tried(BrexClient(runtime.outbound, token=token, **hosts).company)
    settled = tried(reader.one_page)
    expenses = tried(lambda: next(reader.expenses(day - _LATELY, day), []))
    hooks = tried(Webhooks(v1).endpoints)
    answers = (company, settled, expenses, hooks)
    alive = any(isinstance(one, LacksScope) or not isinstance(one, BrexError) for one in answers)
    yield token_rung(answers, "reads of the company, transactions, expenses and webhooks", SCOPES, alive=alive)
    if not alive:
        yield from _LADDER.skipped(*_RESTS[1:])
        return
    with runtime.database.begin() as tx:
        tokens.used(tx, connection.id)
    yield _scopes(company, settled, expenses)
    yield from company_rung(runtime, connection, company)
    yield _read("transactions", "GET /v2/transactions/card/primary", settled, "transactions.card.readonly")
    yield _read("expenses", "GET /v1/expenses", expenses, "expenses.card.readonly")
    yield _fields(tail.readiness(connection).fields, expenses)
    yield v1_rung(hooks, v1, base, v1_base)


def _scopes(company: Any, settled: Any, expenses: Any) -> Rung:
    wanted = (("companies.readonly", company), ("transactions.card.readonly", settled),
              ("expenses.card.readonly", expenses))  # fmt: skip
    lacking = [scope for scope, answer in wanted if isinstance(answer, Unauthorized)]
    attempt = "a read of each"
    if not lacking:
        return _LADDER.green("scopes", attempt, f"{SCOPES} are there")
    sentence = f"the token works, but Brex refuses what needs {' and '.join(lacking)}"
    return _LADDER.amber("scopes", attempt, sentence, f"make a token with {SCOPES}; {NEW_FILE}")


def _read(rung: str, attempt: str, answer: Any, scope: str) -> Rung:
    if not isinstance(answer, BrexError):
        return _LADDER.green(rung, attempt, "can be read")
    fix = f"give the token the scope {scope}" if isinstance(answer, Unauthorized) else "try again; ask Brex if it stays"
    return _LADDER.red(rung, attempt, str(answer), fix)


def _fields(names: list[str], expenses: Any) -> Rung:
    """Those waited for that no expense of the last days carries: every transaction would wait for them."""
    attempt = "GET /v1/expenses: custom fields of the last 30 days"
    if not names:
        return _LADDER.green("fields", attempt, "no field is waited for")
    if isinstance(expenses, BrexError) or not expenses:
        return _LADDER.amber("fields", attempt, "there is no expense to look at", "look again once there is spend")
    seen = {CATEGORY.casefold()}
    for expense in expenses:
        parts = expense.get("expense_line_items")
        for one in [expense, *(parts if isinstance(parts, list) else [])]:
            items = one.get("custom_fields") if isinstance(one, dict) else None
            keys = [item.get("key") for item in items if isinstance(item, dict)] if isinstance(items, list) else []
            seen |= {str(key).strip().casefold() for key in keys}
    missing = [name for name in names if name.casefold() not in seen]
    if missing:
        fix = f"write them in brex.transactions.fields as Brex does; {NEW_FILE}"
        return _LADDER.amber("fields", attempt, f"no recent expense has {', '.join(missing)}", fix)
    return _LADDER.green("fields", attempt, f"{', '.join(names)} are in use")
