"""Brex's stand-in against Brex's own OpenAPI files, where those lie beside the repository."""

import re
from functools import cache
from typing import Any

import pytest
import yaml

from connector.domain import jsonio
from sandbox.brex import create_app
from sandbox.population import populate, published
from sandbox.world import World
from tests.sandbox.conftest import Caller
from tests.sandbox.openapi import SPECS, Spec

pytestmark = pytest.mark.skipif(not SPECS.exists(), reason="Brex's OpenAPI files are not beside this repository")

WIDE = "updated_at[gt]=2020-01-01"
RECORDS = "/v3/accounting/records"


@cache
def _spec(name: str) -> Spec:
    return Spec(name)


def _check(spec: str, schema: str, body: Any) -> None:
    mistakes = _spec(spec).mistakes({"$ref": f"#/components/schemas/{schema}"}, body)
    assert not mistakes


@pytest.fixture
def full(world: World) -> World:
    """A population, half of it exported; without the records that deviate from the schema, as real ones were
    seen to: a coding whose value is missing is shown as null, although the schema requires a text."""
    sound = [case for case in populate(80, world.clock()) if case.problem != "MAP-ACCOUNT-MISSING"]
    for number, case in enumerate(sound):
        record_id = world.brex.add_record(case.record, ready=False)
        if number % 2:
            world.brex.export([record_id])
    return world


def test_the_check_itself_finds_a_wrong_answer() -> None:
    with pytest.raises(AssertionError, match="updated_at"):
        _check("accounting", "AccountingRecordDetailed", {"id": "accr_1"})


def test_the_recorded_record_is_kept_as_it_was_recorded() -> None:
    source = jsonio.loads((SPECS / "recorded-accounting-record.json").read_bytes())
    assert published()[1].record == source


def test_lists_of_records_conform(full: World, call: Caller) -> None:
    body = call("GET", f"{RECORDS}?{WIDE}").json()
    assert len(body["items"]) == 78
    _check("accounting", "AccountingRecordsResponse", body)
    _check("accounting", "AccountingRecordDetailed", call("GET", f"{RECORDS}/accr_abc123").json())


def test_export_answers_conform(full: World, call: Caller) -> None:
    ready = [name for name, status in full.brex.statuses().items() if status == "READY_FOR_EXPORT"][:2]
    results = [{"accounting_record_id": name, "success": {"reference_id": "BX"}} for name in ready]
    path = f"{RECORDS}/export-results"
    _check("accounting", "ReportExportResultsRequest", {"results": results})
    _check("accounting", "ExportResultsResponse", call("POST", path, {"results": results}).json())
    for wish in (results, results[:1] * 2, [results[0] | {"accounting_record_id": "accr_none"}]):
        answer = call("POST", path, {"results": wish})
        assert answer.status_code in (404, 422)
        _check("accounting", "AccountingErrorResponse", answer.json())


def test_integrations_and_their_refusals_conform(call: Caller) -> None:
    path = "/v3/accounting/integration"
    wish = {"vendor": "ERP_A", "vendor_account_id": "one"}
    integration = call("POST", path, wish).json()
    _check("accounting", "Integration", integration)
    for answer in (
        call("POST", path, wish | {"vendor": "ERP_B"}),
        call("POST", path, wish | {"vendor_account_id": "two"}),
        call("POST", path, {}),
        call("POST", f"{path}/{integration['id']}/reactivate"),
        call("POST", f"{path}/int_none/disconnect"),
        call("GET", f"{RECORDS}?limit=501"),
    ):
        assert answer.status_code in (400, 404, 409)
        _check("accounting", "AccountingErrorResponse", answer.json())


def test_company_webhooks_and_secrets_conform(world: World, call: Caller) -> None:
    _check("team", "CompanyResponse", call("GET", "/v2/company").json())
    wish = {"url": "https://connector.example/hook", "event_types": ["ACCOUNTING_RECORD_READY_FOR_EXPORT"]}
    hook = call("POST", "/v1/webhooks", wish, headers={"Idempotency-Key": "one"}).json()
    _check("webhooks", "WebhookSubscription", hook)
    _check("webhooks", "Page_WebhookSubscription_", call("GET", "/v1/webhooks").json())
    world.brex.rotate_secret()
    for secret in call("GET", "/v1/webhooks/secrets").json():
        _check("webhooks", "WebhookSecret", secret)


def test_messages_conform(world: World) -> None:
    body, _ = world.brex.signed_webhook(["accr_1"])
    _check("webhooks", "AccountingRecordReadyForExport", yaml.safe_load(body))


def test_card_statements_and_transactions_conform(full: World, call: Caller) -> None:
    """The published example is of April 2025: there are statements of every month since."""
    statements = call("GET", "/v2/accounts/card/primary/statements?limit=5").json()
    _check("transactions", "Page_Statement_", statements)
    assert (len(statements["items"]), statements["next_cursor"]) == (5, "5")
    for path in ("?limit=7", "?posted_at_start=2025-04-01T00:00:00.000&cursor=3"):
        _check("transactions", "Page_CardTransaction_", call("GET", f"/v2/transactions/card/primary{path}").json())
    for path in ("?unknown=1", "?limit=x", "?cursor=x", "?posted_at_start=yesterday"):
        assert call("GET", f"/v2/transactions/card/primary{path}").status_code == 400


@pytest.mark.parametrize(("name", "left_out"), [("accounting", "nothing"), ("webhooks", "/groups")])
def test_every_published_path_is_served(world: World, name: str, left_out: str) -> None:
    """Webhook groups are for partners only."""
    rules = create_app(world.brex).url_map.iter_rules()
    served = {(method.lower(), re.sub(r"<.*?>", "{}", rule.rule)) for rule in rules for method in rule.methods or ()}
    published = {
        (method, re.sub(r"\{.*?\}", "{}", path))
        for path, methods in _spec(name).paths.items()
        for method in methods
        if left_out not in path
    }
    assert published <= served
