"""The F&O side of `connector ping`: every step has a case in which it fails, with the sentence shown."""

from typing import Any

import pytest

from connector.pipeline.ping import journal_name
from connector.pipeline.runtime import Runtime
from connector.store import connections
from connector.store.connections import Connection
from sandbox.world import CLIENT_ID, World
from tests.cli.conftest import Cli
from tests.cli.test_ping import rungs, states
from tests.conftest import store_connection

FORBIDDEN = '{"error":{"code":"","message":"Access denied to this set."}}'


def journal_names(cli: Cli, code: int = 0) -> list[dict[str, Any]]:
    return [one for one in cli.json("ping", "acme", code=code) if one["rung"] == "journal name"]


def with_d365(runtime: Runtime, stored: Connection, **changes: str) -> None:
    settings = stored.settings | {"d365": stored.settings["d365"] | changes}
    with runtime.database.begin() as tx:
        connections.sql.run(
            tx, "UPDATE connections SET settings = CAST(:s AS jsonb)", {"s": connections.sql.one(settings)}
        )


# -- the token


def test_an_expired_client_secret_is_told_in_plain_words(cli: Cli, connection: Connection, world: World) -> None:
    world.entra.expire_secret(CLIENT_ID)
    found = rungs(cli, code=1)

    assert found["F&O token"]["state"] == "red"
    assert found["F&O token"]["sentence"] == (
        "Entra ID gives no token: the client secret has expired; create a new one in Entra ID (AADSTS7000222)"
    )
    assert {found[f"F&O {step}"]["state"] for step in ("user", "legal entity", "journal name")} == {"skipped"}
    assert found["F&O host"]["state"] == "green"


def test_a_wrong_client_secret_is_told(cli: Cli, connection: Connection, world: World) -> None:
    world.entra.register(CLIENT_ID, "another secret")

    assert "the client secret is wrong" in rungs(cli, code=1)["F&O token"]["sentence"]


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("tenant_id", "00000000-1111-2222-3333-444444444444", "the tenant (tenant_id) does not exist"),
        ("client_id", "no-such-application", "the application (client_id) does not exist in this tenant"),
        ("host", "https://fabrikam.operations.dynamics.com", "the F&O environment (host) is not known in this tenant"),
    ],
)
def test_a_wrong_setting_is_named_by_microsofts_code(
    cli: Cli, connection: Connection, runtime: Runtime, setting: str, value: str, words: str
) -> None:
    with_d365(runtime, connection, **{setting: value})
    token = rungs(cli, code=1)["F&O token"]

    assert words in token["sentence"]
    assert "AADSTS" in token["sentence"]


def test_an_entra_id_out_of_order_is_no_fault_of_the_settings(cli: Cli, connection: Connection, world: World) -> None:
    world.faults.add("entra", "POST /", "status_before", times=None, code=503)

    assert "try again" in rungs(cli, code=1)["F&O token"]["fix"]


# -- the environment and our user


def test_a_name_under_which_no_environment_answers_is_told(cli: Cli, connection: Connection, world: World) -> None:
    world.d365.set(host="https://somewhere.operations.dynamics.com")

    assert rungs(cli, code=1)["F&O host"]["sentence"] == (
        "no environment answers under the name contoso.operations.dynamics.com"
    )


def test_an_environment_that_does_not_know_the_application_is_red(
    cli: Cli, connection: Connection, world: World
) -> None:
    world.d365.remove("SysAADClients", AADClientId=CLIENT_ID)
    world.d365.register_client("another")
    found = rungs(cli, code=1)

    assert (found["F&O token"]["state"], found["F&O user"]["state"]) == ("green", "red")
    assert "it knows no enabled user for our client_id" in found["F&O user"]["sentence"]
    assert "Microsoft Entra ID applications" in found["F&O user"]["fix"]
    assert found["F&O legal entity"]["state"] == "skipped"


def test_an_application_without_a_user_is_red(cli: Cli, connection: Connection, world: World) -> None:
    world.d365.change("SysAADClients", {"AADClientId": CLIENT_ID}, UserId="")

    assert rungs(cli, code=1)["F&O user"]["sentence"] == "our client_id is registered, but without a user"


def test_an_application_that_is_not_among_those_shown_is_amber(cli: Cli, connection: Connection, world: World) -> None:
    world.d365.remove("SysAADClients", AADClientId=CLIENT_ID)

    assert rungs(cli)["F&O user"]["state"] == "amber"


@pytest.mark.parametrize(
    ("failure", "words"),
    [({"code": 503}, "F&O is not available (503)"), ({"code": 429}, "F&O asks to slow down (429)")],
)
def test_an_environment_that_is_not_up_to_it_is_red(
    cli: Cli, connection: Connection, world: World, failure: dict[str, int], words: str
) -> None:
    world.faults.add("d365", "GET /data/SysAADClients", "status_before", times=None, **failure)

    assert rungs(cli, code=1)["F&O user"]["sentence"] == words


# -- sets that cannot be read


SETS = {
    "SysAADClients": "user",
    "Ledgers": "ledger",
    "JournalNames": "journal name",
    "MainAccounts": "account roles",
    "BankAccounts": "account roles",
    "FiscalPeriods": "period",
    "LedgerFiscalPeriods": "period",
    "DimensionIntegrationFormats": "ledger format",
    "DimensionParameters": "delimiter",
}


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize(("code", "body"), [(403, FORBIDDEN), (403, ""), (404, "")])
def test_a_set_that_cannot_be_read_is_amber_with_what_to_grant(
    cli: Cli, connection: Connection, world: World, name: str, code: int, body: str
) -> None:
    world.faults.add("d365", f"GET /data/{name}?", "status_before", times=None, code=code, body=body)
    found = [one for one in cli.json("ping", "acme") if (one["rung"], one["state"]) == (SETS[name], "amber")]

    assert len(found) == 1
    assert (
        f"cannot be read: {'F&O does not let our user see' if code == 403 else 'the environment does not serve'}"
        in (found[0]["sentence"])
    )
    assert name in found[0]["fix"]


def test_where_no_set_of_legal_entities_can_be_read_it_is_amber(cli: Cli, connection: Connection, world: World) -> None:
    for name in ("LegalEntities", "Companies"):
        world.faults.add("d365", f"GET /data/{name}", "status_before", times=None, code=404, body="")

    assert rungs(cli)["F&O legal entity"]["state"] == "amber"


def test_a_missing_set_of_legal_entities_is_no_failure(cli: Cli, connection: Connection, world: World) -> None:
    world.faults.add("d365", "GET /data/LegalEntities", "status_before", times=None, code=404, body="")

    assert states(cli)["F&O legal entity"] == "green"


# -- legal entities and their books


def test_a_legal_entity_that_is_not_there_is_red(cli: Cli, runtime: Runtime, world: World) -> None:
    store_connection(runtime, world, legal_entity="zzzz")
    found = rungs(cli, code=1)

    assert found["F&O legal entity"]["sentence"] == "zzzz does not exist, or our user may not see it"
    assert found["F&O journal name"]["state"] == "skipped"


def test_every_legal_entity_of_the_settings_is_looked_at(cli: Cli, runtime: Runtime, world: World) -> None:
    store_connection(runtime, world, entities={"frrt": {"journal_name": "BREXFR"}})
    told = journal_names(cli, code=1)

    assert [one["state"] for one in told] == ["green", "red"]
    assert told[1]["sentence"] == "BREXFR in frrt does not exist"


def test_a_company_without_a_ledger_is_red(cli: Cli, runtime: Runtime, world: World) -> None:
    store_connection(runtime, world, legal_entity="dat")

    assert rungs(cli, code=1)["F&O ledger"]["sentence"] == "dat has no ledger with a chart of accounts"


# -- the journal name


@pytest.mark.parametrize(
    ("option", "value", "state", "words"),
    [
        ("Type", "VendInvoiceRegister", "red", "is of type VendInvoiceRegister, not Daily"),
        ("NewVoucher", "OneVoucher", "red", "starts new vouchers by the rule OneVoucher"),
        ("NewVoucher", "Manually", "red", "starts new vouchers by the rule Manually"),
        ("VoucherSeriesCode", "", "red", "has no voucher series"),
        ("DeleteLinesAfterPosting", "Yes", "red", "deletes its lines after posting"),
        ("IsFixedOffsetAccount", "Yes", "red", "has a fixed offset account"),
        ("OffsetAccountDisplayValue", "110180", "amber", "has the default offset account 110180"),
        ("DefaultFinancialDimensionDisplayValue", "001--", "amber", "has the default dimensions 001--"),
        ("DetailLevel", "Summary", "amber", "posts in summary"),
        ("AmountsIncludeSalesTax", "Yes", "amber", "takes amounts as including sales tax"),
        ("IsWorkflowApprovalActive", "Yes", "amber", "has workflow approval"),
        ("IsApprovalActive", "Yes", "amber", "needs approval before posting"),
        ("PrivateForUserGroup", "Admins", "amber", "is private to the user group Admins"),
        ("PostingLineLimit", 100, "amber", "limits a journal to 100 lines"),
        ("VoucherAllocationAtPosting", "Yes", "amber", "gives vouchers their final number when posting"),
        ("PostingLayer", "Tax", "amber", "posts to the layer Tax"),
    ],
)
def test_an_option_that_spoils_entries_is_told_with_what_to_do(
    cli: Cli, connection: Connection, world: World, option: str, value: Any, state: str, words: str
) -> None:
    world.d365.journal_name("BREX", **{option: value})
    told = journal_names(cli, code=1 if state == "red" else 0)

    assert [(one["state"], words in one["sentence"]) for one in told] == [(state, True)]
    assert told[0]["fix"].endswith(f"({journal_name.FORM})")


def test_every_option_that_is_looked_at_is_tested() -> None:
    marks = test_an_option_that_spoils_entries_is_told_with_what_to_do.pytestmark  # type: ignore[attr-defined]
    assert {case[0] for case in marks[0].args[1]} == {option.key for option in journal_name.OPTIONS}


def test_a_line_limit_above_what_we_write_is_no_matter(cli: Cli, connection: Connection, world: World) -> None:
    world.d365.journal_name("BREX", PostingLineLimit=1000)

    assert states(cli)["F&O journal name"] == "green"


def test_several_spoilt_options_are_all_told(cli: Cli, connection: Connection, world: World) -> None:
    world.d365.journal_name("BREX", NewVoucher="OneVoucher", DetailLevel="Summary")

    assert [one["state"] for one in journal_names(cli, code=1)] == ["red", "amber"]


# -- account roles
