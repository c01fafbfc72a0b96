"""What the product asks and what the stand-ins answer, both held to what the two systems publish.

The clients could agree with the sandbox on a mistake; here both are judged by a third, where that lies beside this
repository: Brex's OpenAPI files and F&O's own metadata.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from connector.domain import jsonio
from connector.pipeline import ping, reconcile, recover, statement, watch
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.population import populate
from sandbox.world import World
from tests.pipeline.helpers import HEADER, REPORT, SEND, announce, poll, run_until_quiet
from tests.sandbox.conftest import Caller
from tests.sandbox.metadata import METADATA, entity_mistakes, query_mistakes, rows_mistakes
from tests.sandbox.openapi import SPECS, Exchange, spec_of
from tests.sandbox.recording import Recording

pytestmark = pytest.mark.skipif(
    not (SPECS.exists() and METADATA.exists()),
    reason="what Brex and Microsoft publish does not lie beside this repository",
)
RECORDS = "/v3/accounting/records"
# Fact: Brex's guide has these for every API; not every endpoint of the specifications repeats them.
EVERYWHERE = frozenset({400, 401, 403, 404, 429, 500})
Traffic = dict[str, list[Exchange]]
# What `connector ping` asks before it asks an API: does the host answer at all, and F&O's list of its sets.
NO_API = {"/", "/data", "/data/"}


@pytest.fixture
def traffic() -> Traffic:
    return {"brex": [], "brex_v1": [], "d365": []}


@pytest.fixture
def world(traffic: Traffic) -> Iterator[World]:
    """On the real clock: time passes in the tables only."""
    world = World()
    for name, exchanges in traffic.items():
        world.apps[name] = Recording(world.apps[name], exchanges)
    yield world
    world.close()


@pytest.fixture
def worked(runtime: Runtime, connection: Connection, world: World) -> None:
    """The main job with all around it: poll, chain, answers that get lost and are looked for, ping, reconciliation,
    journals followed, and a recovery."""
    for case in populate(60, world.clock()):
        # Fact: a coding without a value was recorded as null, which the specification does not allow.
        if case.problem != "MAP-ACCOUNT-MISSING":
            world.brex.add_record(case.record, ready=case.record.get("review_status") != "READY_FOR_EXPORT")
    for request in (SEND, HEADER):
        world.faults.add("d365", request, "reset_after", times=2)
    world.faults.add("brex", REPORT, "reset_after", times=1)
    announce(runtime, connection, list(world.brex.statuses())[:20])
    poll(runtime, connection)
    run_until_quiet(runtime, connection)
    ping.run(runtime, connection)
    watch.run(runtime, connection)
    today = world.clock().date()
    assert reconcile.run(runtime, connection, today - timedelta(days=30), today).clean
    assert statement.run(runtime, connection, None).clean
    recover.run(runtime, connection)


def calls(traffic: Traffic, *systems: str) -> list[Exchange]:
    return [one for system in systems for one in traffic[system] if one.path not in NO_API]


def test_what_we_ask_of_brex_is_what_its_specifications_declare(worked: None, traffic: Traffic) -> None:
    exchanges = calls(traffic, "brex", "brex_v1")
    asked = {(one.method, one.path) for one in exchanges}
    assert {("GET", RECORDS), ("POST", f"{RECORDS}/export-results"), ("GET", "/v2/company")} <= asked
    parameters = {part.partition("=")[0] for one in exchanges for part in one.query.split("&")}
    assert {"ids", "review_status", "source_type", "updated_at%5Bgt%5D"} <= parameters
    assert [text for one in exchanges for text in spec_of(one.path).request_mistakes(one)] == []


def test_what_brex_answers_us_is_what_its_specifications_describe(worked: None, traffic: Traffic) -> None:
    exchanges = calls(traffic, "brex", "brex_v1")
    mistakes = [text for one in exchanges for text in spec_of(one.path).answer_mistakes(one, frozenset())]
    assert mistakes == []


def test_what_we_ask_of_f_and_o_names_only_what_its_metadata_has(worked: None, traffic: Traffic) -> None:
    exchanges = calls(traffic, "d365")
    kinds = {(one.method, one.path.partition("(")[0]) for one in exchanges}
    assert {
        ("POST", "/data/$batch"),
        ("POST", "/data/LedgerJournalHeaders"),
        ("GET", "/data/LedgerJournalLines"),
    } <= kinds
    assert [text for one in exchanges for text in query_mistakes(one)] == []
    assert [text for one in exchanges for text in entity_mistakes(one)] == []


def test_what_f_and_o_answers_us_has_the_shapes_of_its_metadata(worked: None, traffic: Traffic) -> None:
    answered = [one for one in calls(traffic, "d365") if one.status in (200, 201)]
    assert len(answered) > 10
    assert [text for one in answered for text in rows_mistakes(one)] == []


REFUSED: list[tuple[str, str, Any]] = [
    ("GET", f"{RECORDS}?limit=501", None),
    ("GET", f"{RECORDS}?limit=x", None),
    ("GET", f"{RECORDS}?cursor=nonsense", None),
    ("GET", f"{RECORDS}?review_status=NONE", None),
    ("GET", f"{RECORDS}?source_type=NONE", None),
    ("GET", f"{RECORDS}?unknown=1", None),
    ("GET", f"{RECORDS}?updated_at[gt]=yesterday", None),
    ("GET", f"{RECORDS}/accr_none", None),
    ("POST", f"{RECORDS}/export-results", {}),
    ("POST", f"{RECORDS}/export-results", {"results": []}),
    ("POST", f"{RECORDS}/export-results", {"results": [{"accounting_record_id": "accr_none"}]}),
    ("POST", f"{RECORDS}/export-results", b"{"),
    ("POST", "/v3/accounting/integration", {"vendor": "NOBODY"}),
    ("POST", "/v3/accounting/integration/int_none/disconnect", None),
    ("POST", "/v3/accounting/integration/int_none/reactivate", None),
    ("GET", "/v1/webhooks/none", None),
    ("POST", "/v1/webhooks", {"url": "https://connector.example"}),
    ("PUT", "/v1/webhooks/none", {}),
    ("DELETE", "/v1/webhooks/none", None),
    ("GET", "/v2/company?unknown=1", None),
]


def refused(world: World, traffic: Traffic, token: str) -> list[Exchange]:
    call = Caller(world)
    for method, path, body in REFUSED:
        call(method, path, body, token=token)
    assert len(traffic["brex"]) == len(REFUSED)
    return traffic["brex"]


def test_every_refusal_of_brex_is_one_that_it_describes(world: World, traffic: Traffic) -> None:
    answered = refused(world, traffic, world.brex.token)
    assert {one.status for one in answered} == {400, 404}
    assert [text for one in answered for text in spec_of(one.path).answer_mistakes(one, EVERYWHERE)] == []


def test_a_token_without_the_scope_is_refused_as_described(world: World, traffic: Traffic) -> None:
    answered = refused(world, traffic, world.brex.new_token("openid"))
    assert 403 in {one.status for one in answered}
    assert [text for one in answered for text in spec_of(one.path).answer_mistakes(one, EVERYWHERE)] == []


@pytest.mark.parametrize("ended", ["revoked", "expired", "never given"])
def test_a_dead_token_is_turned_away_in_the_words_of_brexs_guide(world: World, traffic: Traffic, ended: str) -> None:
    """Fact: before any API is reached, and so in the general shape, for the Accounting API too."""
    token = world.brex.new_token()
    if ended == "revoked":
        world.brex.revoke_token(token)
    elif ended == "expired":
        world.brex.expire_token(token)
    for one in refused(world, traffic, "bxt_wrong" if ended == "never given" else token):
        said = jsonio.loads(one.answer)
        assert (one.status, said.keys(), said["type"]) == (403, {"type", "message"}, "UNAUTHORIZED")


def test_the_judges_find_mistakes() -> None:
    """Each of these is wrong in one way."""
    asked = Exchange("GET", RECORDS, "limit=501", b"", 200, b"")
    undeclared = Exchange("GET", RECORDS, "updated_at[near]=2026-01-01&page=2", b"", 418, b"")
    told = Exchange("POST", f"{RECORDS}/export-results", "", b'{"results": [{}]}', 200, b"{}")
    spec = spec_of(RECORDS)
    assert len(spec.request_mistakes(asked)) == 1
    assert len(spec.request_mistakes(undeclared)) == 2
    assert spec.answer_mistakes(undeclared, EVERYWHERE)
    assert spec.request_mistakes(told)
    assert spec.answer_mistakes(told, EVERYWHERE)
    line = jsonio.dumps({"dataAreaId": "usmf", "DebitAmount": "1", "Colour": "red", "AccountType": "Moon"}).encode()
    posted = Exchange("POST", "/data/LedgerJournalLines", "", line, 201, line)
    assert len(entity_mistakes(posted)) == len(rows_mistakes(posted)) == 3
    filtered = Exchange("GET", "/data/LedgerJournalLines", "$filter=Colour eq 'red'&$select=Taste", b"", 200, b"{}")
    assert len(query_mistakes(filtered)) == 2
