import pytest

from sandbox.world import World
from tests.sandbox.conftest import LEGACY, Caller, Clock, record

RECORDS = "/v3/accounting/records"
INTEGRATION = "/v3/accounting/integration"


def test_the_company_is_the_one_of_the_webhooks(world: World, call: Caller) -> None:
    assert call.get("/v2/company")["id"] == world.brex.company_id


def test_every_answer_carries_a_trace_id_of_its_own(call: Caller) -> None:
    traces = {call("GET", path).headers["X-Brex-Trace-Id"] for path in ("/v2/company", RECORDS, "/v3/nothing")}
    assert len(traces) == 3


def test_a_dead_token_is_a_403_with_a_body_or_a_401_without(world: World, call: Caller) -> None:
    world.brex.revoke_token()
    seen = call("GET", "/v2/company")
    assert seen.status_code == 403
    assert seen.json() == {"type": "UNAUTHORIZED", "message": "PERMISSION_DENIED: Invalid or Revoked Token"}
    world.brex.options.set(auth_failure="401_empty")
    seen = call("GET", RECORDS)
    assert (seen.status_code, seen.content) == (401, b"")


def test_an_expired_token_says_so(world: World, call: Caller) -> None:
    world.brex.expire_token()
    seen = call("GET", RECORDS)
    assert (seen.status_code, seen.json()["message"]) == (403, "Expired token")


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer bxt_other", "Basic abc"])
def test_a_missing_or_bogus_token_is_refused(call: Caller, header: str) -> None:
    assert call("GET", RECORDS, headers={"Authorization": header}).status_code == 403


def test_a_token_dies_of_disuse_and_lives_by_use(world: World, call: Caller, clock: Clock) -> None:
    for _ in range(3):
        clock.advance(days=80)
        assert call("GET", "/v2/company").status_code == 200
    clock.advance(days=91)
    assert call("GET", "/v2/company").status_code == 403


def test_a_missing_scope_is_forbidden_in_the_words_of_each_api(world: World, call: Caller) -> None:
    token = world.brex.new_token("accounting.record.read")
    seen = call("POST", f"{RECORDS}/export-results", {"results": []}, token=token)
    assert (seen.status_code, seen.json()["error_code"]) == (403, "FORBIDDEN")
    seen = call("GET", "/v2/company", token=token)
    assert (seen.status_code, seen.json()["type"]) == (403, "PERMISSION_DENIED")
    assert call("GET", RECORDS, token=token).status_code == 200


def test_reading_records_is_allowed_by_the_write_scope_too(world: World, call: Caller) -> None:
    assert call("GET", RECORDS, token=world.brex.new_token("accounting.record.write")).status_code == 200


def test_more_than_a_thousand_requests_a_minute_are_throttled(world: World, call: Caller, clock: Clock) -> None:
    world.brex.options.set(requests_per_minute=3)
    codes = [call("GET", "/v2/company").status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]
    clock.advance(seconds=60)
    assert call("GET", "/v2/company").status_code == 200


def test_the_legacy_host_serves_v1_and_v2_and_answers_401_for_v3_unless_switched(world: World, call: Caller) -> None:
    assert call("GET", "/v2/company", host=LEGACY).status_code == 200
    seen = call("GET", RECORDS, host=LEGACY)
    assert (seen.status_code, seen.content) == (401, b"")
    assert "X-Datadog-Trace-Id" in seen.headers
    world.brex.options.set(legacy_serves_v3=True)
    assert call("GET", RECORDS, host=LEGACY).status_code == 200


def test_an_integration_is_created_once(call: Caller) -> None:
    status, first = call.post(INTEGRATION, {"vendor": "ERP_A", "vendor_account_id": "one"})
    assert (status, first["status"], first["id"]) == (200, "ACTIVE", first["integration_id"])
    assert call.post(INTEGRATION, {"vendor": "ERP_A", "vendor_account_id": "one"}) == (200, first)


def test_another_vendor_or_account_is_a_conflict(call: Caller) -> None:
    _, first = call.post(INTEGRATION, {"vendor": "ERP_A", "vendor_account_id": "one"})
    assert call.post(INTEGRATION, {"vendor": "ERP_B", "vendor_account_id": "one"}) == (
        409,
        {
            "error_code": "ACTIVE_INTEGRATION_EXISTS",
            "message": "Cannot create or recreate integration. "
            "An active integration with a different vendor already exists.",
            "details": {
                "existing_integration_id": first["id"],
                "existing_vendor": "ERP_A",
                "requested_vendor": "ERP_B",
            },
        },
    )
    assert call.post(INTEGRATION, {"vendor": "ERP_A", "vendor_account_id": "two"}) == (
        409,
        {
            "error_code": "VENDOR_ACCOUNT_ID_MISMATCH",
            "message": "Cannot create integration. An active integration for this vendor already exists "
            "with a different vendor account ID.",
            "details": {
                "existing_integration_id": first["id"],
                "existing_vendor_account_id": "one",
                "requested_vendor_account_id": "two",
            },
        },
    )


def test_an_integration_is_disconnected_and_reactivated(call: Caller) -> None:
    _, first = call.post(INTEGRATION, {"vendor": "ERP_A", "vendor_account_id": "one"})
    path = f"{INTEGRATION}/{first['id']}"
    assert call.post(f"{path}/disconnect", {}) == (200, first | {"status": "DISABLED"})
    assert call.post(f"{path}/disconnect", {}) == (
        409,
        {
            "error_code": "INTEGRATION_NOT_ACTIVE",
            "message": "Cannot disconnect integration. Integration is not active.",
            "details": {"integration_id": first["id"], "current_status": "DISABLED"},
        },
    )
    assert call.post(f"{path}/reactivate", {}) == (200, first)
    status, body = call.post(f"{path}/reactivate", {})
    assert (status, body["error_code"]) == (409, "ACTIVE_INTEGRATION_EXISTS")
    status, body = call.post(f"{INTEGRATION}/int_none/disconnect", {})
    assert (status, body) == (404, {"error_code": "NOT_FOUND", "message": "Integration not found."})


def test_an_integration_with_unknown_properties_is_refused(call: Caller) -> None:
    status, body = call.post(INTEGRATION, {"vendor": "ERP_A", "vendor_account_id": "one", "name": "x"})
    assert (status, body["error_code"]) == (400, "INVALID_REQUEST")


def test_a_world_comes_back_from_its_file(tmp_path: object) -> None:
    path = f"{tmp_path}/state.sqlite"
    first = World(path)
    first.brex.add_record(record("accr_1"))
    secret = first.brex.webhook_secret()
    first.close()
    again = World(path)
    assert again.brex.statuses() == {"accr_1": "READY_FOR_EXPORT"}
    assert again.brex.webhook_secret() == secret
    again.close()


@pytest.mark.parametrize(("status", "code"), [(401, None), (403, "FORBIDDEN"), (404, "NOT_FOUND")])
def test_an_account_that_is_not_admitted_gets_nothing_of_v3(
    world: World, call: Caller, status: int, code: str | None
) -> None:
    world.brex.options.set(v3_refusal=status)
    seen = call("GET", RECORDS)
    assert seen.status_code == status
    assert (seen.json()["error_code"] if seen.content else None) == code
    assert call("GET", "/v2/company").status_code == 200


def test_fields_show_their_group_and_not_whose_integration_made_them(world: World, call: Caller) -> None:
    world.brex.add_field("GL account")
    [field] = call.get("/v1/fields")["items"]
    assert (field["name"], field["group"]) == ("GL account", "ERP")
    assert "integration_id" not in field
    assert call("GET", "/v1/fields", token=world.brex.new_token("companies.readonly")).status_code == 403
