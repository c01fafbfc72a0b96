from typing import Any

import pytest
from werkzeug.test import Client

from connector.domain import connection, jsonio
from sandbox.bills import BY_HAND_ACCOUNT, BY_HAND_NUMBER
from sandbox.world import World
from tests.sandbox.conftest import Caller, record


class Panel:
    def __init__(self, world: World) -> None:
        self._client = Client(world.apps["control"])

    def __call__(self, method: str, path: str, body: Any = None, *, code: int = 200) -> Any:
        data = None if body is None else jsonio.dumps(body)
        answer = self._client.open(path, method=method, data=data)
        assert answer.status_code == code, answer.text
        return jsonio.loads(answer.data)


@pytest.fixture
def panel(world: World) -> Panel:
    return Panel(world)


def test_it_seeds_once_and_remembers_what_to_expect(world: World, panel: Panel) -> None:
    expected = panel("POST", "/seed", {"records": 80})["expected"]
    assert len(expected) == 80
    assert expected[0].keys() == {"record_id", "type", "end", "problem", "found_by", "told", "changes"}
    assert panel("POST", "/seed", {"records": 90})["expected"] == expected
    assert panel("GET", "/expected")["expected"] == expected
    assert set(world.brex.statuses().values()) == {"REVIEW", "PREPARE"}


def test_it_exports_and_shows_statuses(world: World, panel: Panel, call: Caller) -> None:
    panel("POST", "/records", {"records": [record("accr_1"), record("accr_2")], "ready": False})
    assert panel("POST", "/export", {"record_ids": ["accr_1"]}) == {"delivery": None}
    assert panel("GET", "/records") == {"accr_1": "READY_FOR_EXPORT", "accr_2": "REVIEW"}
    panel("POST", "/export", {"record_ids": ["accr_1"]}, code=400)
    call("GET", "/v2/company")
    status = panel("GET", "/status")
    assert status["records"] == {"READY_FOR_EXPORT": 1, "REVIEW": 1}
    assert status["requests"] == {"brex": 1}
    panel("POST", "/pull-back", {"record_ids": ["accr_1"]})
    panel("PATCH", "/records/accr_1", {"memo": "new"})
    seen = world.brex.records.get("accr_1")
    assert seen is not None
    assert (seen["review_status"], seen["memo"]) == ("REVIEW", "new")


def test_it_gives_a_connection_file_the_product_accepts(world: World, panel: Panel) -> None:
    file = panel("GET", "/connection?name=acme")
    assert (file["name"], file["brex"]["webhook_secret"]) == ("acme", world.brex.webhook_secret())
    assert connection.read(file).posting.journal_name == "BREX"


def test_it_adds_faults_and_switches_options(world: World, panel: Panel, call: Caller) -> None:
    fault = {"system": "brex", "match": "GET /v2/company", "kind": "status_before", "code": 500}
    assert panel("POST", "/faults", fault) == {"number": 1}
    assert len(panel("GET", "/faults")["faults"]) == 1
    assert call("GET", "/v2/company").status_code == 500
    panel("POST", "/faults", fault | {"kind": "nothing"}, code=400)
    panel("POST", "/faults", fault)
    panel("DELETE", "/faults")
    assert call("GET", "/v2/company").status_code == 200
    assert panel("POST", "/faults/release") == {"released": 0}
    assert panel("POST", "/options", {"auth_failure": "401_empty"})["auth_failure"] == "401_empty"
    panel("POST", "/token", {"status": "REVOKED"})
    assert call("GET", "/v2/company").status_code == 401
    panel("POST", "/options", {"unheard_of": 1}, code=400)


def test_it_rotates_secrets_and_shows_the_ledger(world: World, panel: Panel) -> None:
    old = world.brex.webhook_secret()
    new = panel("POST", "/secrets/rotate")["secret"]
    assert new != old
    assert panel("POST", "/secrets/finish") == {"secret": new}
    assert panel("GET", "/ledger/headers") == {"headers": []}
    assert panel("GET", "/ledger/lines") == {"lines": []}
    assert panel("GET", "/reported") == {"reported": []}


def test_it_does_to_the_ledger_what_people_do(world: World, panel: Panel) -> None:
    panel("POST", "/ledger/switches", {"line_number": "kept", "duplicate_numbers": "accepted"})
    assert world.d365.switches.line_number == "kept"
    panel("POST", "/ledger/journal_name", {"name": "BREX", "NewVoucher": "OneVoucher"})
    panel("POST", "/ledger/post_journal", {"number": "USMF-000099"}, code=400)
    panel("POST", "/ledger/seed", {}, code=400)
    panel("POST", "/ledger/tokens/end")


def test_a_record_can_be_taken_away(world: World, panel: Panel) -> None:
    panel("POST", "/records", {"records": [record("accr_1")]})
    panel("DELETE", "/records/accr_1")
    assert panel("GET", "/records") == {}


def test_accounts_payable_and_receipts_are_at_hand(world: World, panel: Panel) -> None:
    record = panel("POST", "/seed", {"records": 80})["expected"][0]["record_id"]
    receipt = panel("POST", f"/records/{record}/receipts", {"kind": "png"})["receipt_id"]
    shown = world.brex.records.one(record, single_entry=False)["receipts"]
    assert shown[-1]["id"] == receipt
    assert panel("GET", "/ledger/invoices") == {"invoices": []}
    number = panel("POST", "/ledger/new_journal", {"name": "APInvoice"})["result"]
    line = {"AccountDisplayValue": "1001", "OffsetAccountDisplayValue": "602100-001--", "Credit": 5, "Currency": "USD"}
    panel("POST", "/ledger/add_line", {"number": number, "Date": "2026-11-03", "Invoice": "A-1", **line})
    panel("POST", "/ledger/post_journal", {"number": number})
    assert [one["Invoice"] for one in panel("GET", "/ledger/invoices/posted")["transactions"]] == ["A-1"]
    panel("POST", "/ledger/invoices/post", {"reference": "USMF-VI0000001"}, code=400)
    panel("POST", "/ledger/invoices/_invoice", {"reference": "USMF-VI0000001"}, code=400)


def test_a_population_of_every_type_has_receipts_and_an_invoice_keyed_by_hand(world: World, panel: Panel) -> None:
    panel("POST", "/seed", {"records": 80, "all_types": True})
    (keyed,) = panel("GET", "/ledger/invoices/posted")["transactions"]
    assert (keyed["AccountNum"], keyed["Invoice"]) == (BY_HAND_ACCOUNT, BY_HAND_NUMBER)
    bills = [one for one in world.brex.records.all() if one["type"] == "BILL_EXPENSE" and one["receipts"]]
    links = [receipt["download_uris"] for one in bills for receipt in world.brex.records.show(one)["receipts"]]
    assert len(links) >= 2
    assert all(len(uris) == 1 for uris in links)


def test_bills_of_every_form_are_there_once_they_appear(world: World, panel: Panel) -> None:
    expected = panel("POST", "/seed", {"records": 80, "all_forms": True})["expected"]
    bills = [one["record_id"] for one in expected if not one["told"]]
    assert len(expected) == 80
    assert bills
    assert not set(bills) & set(world.brex.statuses())
    panel("POST", "/records/appear", {"record_ids": [*bills[:2], bills[0]]})
    assert set(bills) & set(world.brex.statuses()) == set(bills[:2])


def test_it_gives_a_connection_file_of_every_form(panel: Panel) -> None:
    read = connection.read(panel("GET", "/connection?name=acme&forms=all")).posting
    assert {one.form for one in read.treatments.values()} == {"invoice_journal", "payment_journal", "pending_invoice"}


def test_it_shows_invoices_with_their_lines(panel: Panel) -> None:
    assert panel("GET", "/ledger/invoices/books") == {"invoices": [], "posted": [], "documents": []}
