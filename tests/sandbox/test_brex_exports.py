from typing import Any

import pytest

from sandbox.world import World
from tests.sandbox.conftest import Caller, record

EXPORTS = "/v3/accounting/records/export-results"


def success(record_id: str, **details: Any) -> dict[str, Any]:
    return {"accounting_record_id": record_id, "success": {"reference_id": "BX1"} | details}


def failure(record_id: str) -> dict[str, Any]:
    return {"accounting_record_id": record_id, "failure": {"error_message": "Invalid GL account"}}


@pytest.fixture
def three(world: World) -> World:
    for number in range(3):
        world.brex.add_record(record(f"accr_{number}"), ready=number != 2)
    return world


def test_a_reported_success_makes_the_record_exported(three: World, call: Caller) -> None:
    status, body = call.post(
        EXPORTS, {"results": [success("accr_1", deep_link_url="https://erp/1"), success("accr_0")]}
    )
    assert (status, body) == (200, {"updated_accounting_record_ids": ["accr_1", "accr_0"]})
    assert three.brex.statuses() == {"accr_0": "EXPORTED", "accr_1": "EXPORTED", "accr_2": "REVIEW"}
    assert [doc["accounting_record_id"] for doc in three.brex.reported()] == ["accr_1", "accr_0"]


def test_reporting_the_same_success_again_is_refused(three: World, call: Caller) -> None:
    call.post(EXPORTS, {"results": [success("accr_0")]})
    status, body = call.post(EXPORTS, {"results": [success("accr_0")]})
    assert status == 422
    assert body == {
        "error_code": "ACCOUNTING_RECORD_NOT_READY_FOR_EXPORT",
        "message": "Only accounting records with review status READY_FOR_EXPORT can be updated via this endpoint.",
        "details": {"not_ready_for_export_accounting_record_ids": ["accr_0"]},
    }


def test_unknown_ids_are_a_404_with_brexs_odd_key(three: World, call: Caller) -> None:
    results = [success("accr_0"), success("accr_x"), failure("accr_y")]
    status, body = call.post(EXPORTS, {"results": results})
    assert status == 404
    assert body == {
        "error_code": "NOT_FOUND",
        "message": "Accounting record source IDs not found: accr_x, accr_y",
        "details": {"not_found_export_entry_source_ids": ["accr_x", "accr_y"]},
    }


def test_an_id_in_success_and_failure_is_a_duplicate(three: World, call: Caller) -> None:
    status, body = call.post(EXPORTS, {"results": [success("accr_0"), failure("accr_0")]})
    assert status == 422
    assert body == {
        "error_code": "DUPLICATE_ACCOUNTING_RECORD_IDS",
        "message": "Duplicate accounting record ids found across success and failure results.",
        "details": {"duplicate_accounting_record_ids": ["accr_0"]},
    }


@pytest.mark.parametrize(("whole", "status"), [(True, "READY_FOR_EXPORT"), (False, "EXPORTED")])
def test_one_bad_id_stops_the_whole_report_unless_switched(
    three: World, call: Caller, whole: bool, status: str
) -> None:
    three.brex.options.set(all_or_nothing_exports=whole)
    code, _ = call.post(EXPORTS, {"results": [success("accr_0"), success("accr_2")]})
    assert code == 422
    assert three.brex.statuses()["accr_0"] == status


def test_a_reported_failure_takes_the_record_out_of_the_queue(three: World, call: Caller) -> None:
    assert call.post(EXPORTS, {"results": [failure("accr_0")]})[0] == 200
    assert three.brex.statuses()["accr_0"] == "REVIEW"
    three.brex.export(["accr_0"])
    assert call.post(EXPORTS, {"results": [success("accr_0")]})[0] == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"results": []},
        {"results": [{"accounting_record_id": "accr_0"}]},
        {"results": [success("accr_0") | failure("accr_0")]},
        {"results": [success("accr_0", journal="1")]},
        {"results": [success("accr_0") | {"note": "x"}]},
        {"results": [success("accr_0")], "dry_run": True},
        {"results": [success("accr_0", deep_link_url=None)]},
        {"results": [{"accounting_record_id": "accr_0", "failure": {}}]},
        {"results": [{"accounting_record_id": "accr_0", "failure": {"error_message": "Bücher"}}]},
        [success("accr_0")],
        b"results=1",
    ],
)
def test_a_body_the_specification_does_not_know_is_refused(three: World, call: Caller, body: Any) -> None:
    status, answer = call.post(EXPORTS, body)
    assert (status, answer["error_code"]) == (400, "INVALID_REQUEST")
    assert three.brex.statuses()["accr_0"] == "READY_FOR_EXPORT"


def test_a_null_reference_is_allowed(three: World, call: Caller) -> None:
    assert call.post(EXPORTS, {"results": [success("accr_0", reference_id=None)]})[0] == 200
