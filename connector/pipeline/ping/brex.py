"""Brex: the host, the token and its scopes, the company, the Accounting API, the integration, the queue, v1."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from connector.brex.client import LONG_AGO, BrexClient
from connector.brex.errors import BrexError, LacksScope, Throttled, Unauthorized
from connector.brex.v1 import V1
from connector.brex.webhooks import Webhooks
from connector.brex.wire import Company
from connector.domain import record
from connector.pipeline.ping import fields, network
from connector.pipeline.ping.rung import NEW_FILE, Ladder, Rung, State
from connector.pipeline.runtime import Runtime
from connector.store import connections, overview, tokens
from connector.store.connections import Connection

SCOPES: Final = "accounting.record.read, accounting.record.write and companies.readonly"
ADMISSION: Final = (
    "ask Brex to admit the account to the Accounting API (it is in alpha): write to developer-support@brex.com, "
    "naming the company and that its own connector reads and reports accounting records"
)
_RESTS: Final = ("token", "scopes", "company", "accounting api", "queue", "v1 host")
# Counting stops here: 10,000 records of a source.
_MOST_PAGES: Final = 20
_LADDER: Final = Ladder("Brex")


def climb(runtime: Runtime, connection: Connection, token: str) -> Iterator[Rung]:
    settings = connection.settings["brex"]
    base, v1_base = settings["base_url"], settings["v1_base_url"]
    reached = network.reach(runtime.outbound, _LADDER, base, "brex.base_url")
    yield from reached
    if reached[-1].state is not State.GREEN:
        yield from _LADDER.skipped(*_RESTS)
        return
    client = BrexClient(runtime.outbound, token=token, base_url=base, v1_base_url=v1_base)
    v1 = V1(runtime.outbound, token=token, v1_base_url=v1_base, base_url=base)
    company = tried(client.company)
    hooks = tried(Webhooks(v1).endpoints)
    records = tried(lambda: next(_pages(client, "CARD", limit=1), []))
    # A refusal for want of a scope says that Brex knows the token.
    alive = any(isinstance(one, LacksScope) or not isinstance(one, BrexError) for one in (company, hooks, records))
    attempt = "three reads: the company, accounting records, webhooks"
    yield token_rung((company, records), attempt, SCOPES, alive=alive)
    if not alive:
        yield from _LADDER.skipped(*_RESTS[1:])
        return
    with runtime.database.begin() as tx:
        tokens.used(tx, connection.id)
    yield _scopes(company, records)
    yield from company_rung(runtime, connection, company)
    yield _accounting(company, records)
    if settings.get("integration_id"):
        yield _integration(v1, settings["integration_id"])
    yield from fields.look(v1, _LADDER, settings)
    yield _queue(client) if not isinstance(records, BrexError) else _LADDER.skipped("queue")[0]
    yield v1_rung(hooks, v1, base, v1_base)


def tried(call: Callable[[], Any]) -> Any:
    """What the call gives, or the error it raises."""
    try:
        return call()
    except BrexError as error:
        return error


def _pages(client: BrexClient, source_type: str, limit: int = 500) -> Iterator[list[dict[str, Any]]]:
    return client.pages(review_status=record.READY, source_type=source_type, updated_after=LONG_AGO, limit=limit)


def token_rung(answers: Sequence[Any], tried: str, scopes: str, *, alive: bool) -> Rung:
    if alive:
        return _LADDER.green("token", tried, "Brex takes it")
    errors = [one for one in answers if isinstance(one, BrexError)]
    if any(isinstance(error, Throttled) for error in errors):
        return _LADDER.red("token", tried, str(errors[0]), "wait a minute and try again")
    if not all(isinstance(error, Unauthorized) for error in errors):
        return _LADDER.red("token", tried, str(errors[0]), "try again; ask Brex if it stays")
    said = str(errors[0])
    if "expired" in said.partition(";")[0].lower():
        why = "; Brex ends a token that made no call for 30 days (or 90: its pages differ)"
        said = said.partition(";")[0] + why
    fix = f"make a token in Brex under Developer > Settings with {scopes}; {NEW_FILE}"
    return _LADDER.red("token", tried, said, fix)


def _scopes(company: Any, records: Any) -> Rung:
    """What each refusal tells, now that the token is known to live. The scope to write cannot be tried by reading."""
    tried = "GET /v2/company and GET /v3/accounting/records"
    lacking = [
        scope
        for scope, answer in (("companies.readonly", company), ("accounting.record.read", records))
        if isinstance(answer, Unauthorized)
    ]
    if not lacking:
        told = "companies.readonly and accounting.record.read are there; accounting.record.write shows when reporting"
        return _LADDER.green("scopes", tried, told)
    sentence = f"the token works, but Brex refuses what needs {' and '.join(lacking)}"
    fix = f"make a token with {SCOPES}; {NEW_FILE}"
    if lacking == ["accounting.record.read"]:
        fix = "see the step accounting api: either this scope is missing, or the account's admission"
    return _LADDER.amber("scopes", tried, sentence, fix)


def company_rung(runtime: Runtime, connection: Connection, company: Company | BrexError) -> Iterator[Rung]:
    """The company that webhooks will name: noted, unless it is another one than before."""
    tried = "GET /v2/company"
    if isinstance(company, BrexError):
        sentence = f"which company the token belongs to cannot be seen: {company}"
        yield _LADDER.amber("company", tried, sentence, "give the token the scope companies.readonly")
        return
    if connection.company_id not in ("", company.id):
        sentence = (
            f"the token is of {company.legal_name} ({company.id}), another company than before "
            f"({connection.company_id})"
        )
        yield _LADDER.red("company", tried, sentence, "use that company's token, or add a new connection")
        return
    with runtime.database.begin() as tx:
        connections.saw_company(tx, connection.id, company.id)
        others = overview.same_company(tx, connection.id, company.id)
    if others:
        sentence = f"{', '.join(others)} reads the same Brex company: its records would be booked by both"
        yield _LADDER.amber("company", tried, sentence, "remove one of the connections")
    else:
        yield _LADDER.green("company", tried, f"{company.legal_name} ({company.id})")


def _accounting(company: Any, records: Any) -> Rung:
    """Fact: the Accounting API (v3) is by admission; how a stranger to it is refused is not documented."""
    tried = "GET /v3/accounting/records"
    if not isinstance(records, BrexError):
        return _LADDER.green("accounting api", tried, "the account is admitted to it")
    if records.status in (401, 403, 404):
        seen = "v2 works" if isinstance(company, Company) else "the token works"
        sentence = f"v3 is refused while {seen}: {records}"
        fix = f"look whether the token has accounting.record.read; if it has, {ADMISSION}"
        return _LADDER.red("accounting api", tried, sentence, fix)
    return _LADDER.red("accounting api", tried, str(records), "try again; ask Brex if it stays")


def _integration(v1: V1, ours: str) -> Rung:
    """Facts: no call shows an integration, and a field does not say which one made it; but only an integration makes
    fields of the group ERP, and only one can be active. Creating or reactivating ours would tell whose it is (409
    names the other vendor), and changes the account where the place is free: never done here.
    """
    tried = "GET /v1/fields: are there fields of an accounting integration (group ERP)?"
    fix = f"see in Brex under Accounting which vendor is connected: one that is not ours ({ours}) holds the only place"
    try:
        page, _ = v1.get("/v1/fields", [("limit", "1000")])
    except BrexError as error:
        return _LADDER.amber("integration", tried, f"cannot be read: {error}", f"grant the scope fields.read, or {fix}")
    items = page.get("items") if isinstance(page, dict) else None
    names = [
        str(one.get("name"))
        for one in (items if isinstance(items, list) else [])
        if isinstance(one, dict) and one.get("group") == "ERP" and not one.get("is_disabled")
    ]
    if names:
        sentence = f"an integration keeps fields here ({', '.join(names[:5])}); Brex does not show whether it is {ours}"
    else:
        sentence = f"no integration keeps fields here; whether {ours} is active cannot be seen without a write"
    return _LADDER.amber("integration", tried, sentence, fix)


def _queue(client: BrexClient) -> Rung:
    tried = "GET /v3/accounting/records?review_status=READY_FOR_EXPORT, all pages"
    counts, more = [], False
    for source in ("CARD", "REIMBURSEMENT"):
        count = pages = 0
        try:
            for page in _pages(client, source):
                count, pages = count + len(page), pages + 1
                if pages == _MOST_PAGES:
                    more = True
                    break
        except BrexError as error:
            return _LADDER.red("queue", tried, f"{source}: {error}", "try again; ask Brex if it stays")
        counts.append(f"{count:,} {source}")
    return _LADDER.green("queue", tried, f"{'at least ' if more else ''}{' and '.join(counts)} records wait for export")


def v1_rung(hooks: Any, v1: V1, base: str, v1_base: str) -> Rung:
    tried = f"GET /v1/webhooks on {urlsplit(v1_base).netloc}"
    fix = "set brex.v1_base_url to the host that answers"
    if isinstance(hooks, BrexError):
        return _LADDER.amber("v1 host", tried, f"webhooks cannot be managed: {hooks}", fix)
    if v1.host != v1_base.rstrip("/"):
        sentence = f"{urlsplit(v1_base).netloc} does not answer as it should; {urlsplit(base).netloc} is used instead"
        return _LADDER.amber("v1 host", tried, sentence, fix)
    return _LADDER.green("v1 host", tried, f"{urlsplit(v1.host).netloc} answers")
