from typing import Any

import pytest

from connector.domain import jsonio
from connector.domain.connection import MASK
from connector.pipeline.runtime import Runtime
from connector.store import connections, sql
from connector.store.connections import Connection
from sandbox.world import World
from tests.cli.conftest import Cli, Spending, Work


def secrets_of(runtime: Runtime, name: str = "acme") -> dict[str, str]:
    with runtime.database.begin() as tx:
        found = connections.by_name(tx, name)
        assert found is not None
        return connections.secrets(tx, runtime.vault, found.id)


def names(cli: Cli) -> list[str]:
    return [one["name"] for one in cli.json("connections", "list")]


def given(world: World, **changes: Any) -> str:
    """The world's connection file as text, parts of it changed."""
    file = world.connection("acme")
    for part, values in changes.items():
        file[part] |= values
    return jsonio.dumps(file)


def test_it_stores_a_file_and_wakes_the_workers(cli: Cli, world: World, runtime: Runtime, tmp_path: Any) -> None:
    file = tmp_path / "acme.json"
    file.write_bytes(b"\xef\xbb\xbf" + given(world).encode())  # as some editors save it

    result = cli("connections", "add", str(file))

    assert (result.exit_code, names(cli), len(cli.woken)) == (0, ["acme"], 1), result.output
    assert secrets_of(runtime)["brex.token"] == world.brex.token


def test_it_tells_every_mistake_of_a_file_and_stores_nothing(cli: Cli, world: World) -> None:
    text = given(world, posting={"time_zone": "Mars", "journal_period": "year"}, brex={"tokens": "x"})

    result = cli("connections", "add", "-", stdin=text)

    assert result.exit_code == 1
    for where in ("posting.time_zone", "posting.journal_period", "brex.tokens"):
        assert where in result.stderr
    assert names(cli) == []


TEN_MISTAKES = """{
 "name": "Acme Inc.",
 "brex": {"token": "bxt_hidden", "token": "bxt_hidden", "base_url": "https://brex.example.com", "scopes": []},
 "d365": {"host": "https://contoso.operations.dynamics.com/data", "tenant_id": "t", "client_secret": "hidden"},
 "posting": {
  "start_date": "2026-11-31", "legal_entity": "usmf", "time_zone": "Pacific", "journal_name": "BREX",
  "intercompany": "link",
  "accounts": {"cash": {"type": "Bank", "account": 110180}, "clearing_account": {"account": "110190"}},
  "entities": {"frrt": {"currencies": {"EUR": {"cash": {"type": "Safe"}}}}}}}"""

ROLES = (
    "'card_liability', 'accounts_payable', 'reimbursements_payable', 'clearing', 'cash', 'rewards', 'due_from' or "
    "'due_to'"
)
TRUST = "add it to CONNECTOR_TRUSTED_HOSTS if it is meant"


def test_every_mistake_gets_its_own_sentence_and_nothing_is_stored(cli: Cli) -> None:
    result = cli("connections", "add", "-", stdin=TEN_MISTAKES)

    assert (result.exit_code, result.stdout) == (1, "")
    told = result.stderr.splitlines()
    assert told[0] == "The connection file is not usable; nothing was stored."
    assert [line.strip() for line in told[1:]] == [
        "token: stands twice in one object of the file; keep the one that is meant",
        "name: has a character that cannot stand there, or is too long",
        "brex.scopes: is not a setting of a connection; check its spelling",
        "d365.host: must be the environment's host alone, such as https://contoso.operations.dynamics.com",
        "d365.client_id: is required",
        "posting.start_date: must be a day that there is, such as 2026-11-01",
        'posting.time_zone: "Pacific" is not a time zone name such as America/Los_Angeles',
        "posting.intercompany: must be 'hold' or 'linked'",
        "posting.accounts.cash.account: must be text, in quotation marks",
        f"posting.accounts.clearing_account: is no name known here; it can be {ROLES}",
        "posting.entities.frrt.currencies.EUR.cash.type: must be 'Ledger', 'Bank', 'Vend' or 'Cust'",
        f"brex.base_url: brex.example.com:443 is not a Brex, Entra ID or F&O host; {TRUST}",
    ]
    assert names(cli) == []


@pytest.mark.parametrize("side", ["brex.base_url", "brex.v1_base_url", "d365.host", "d365.authority"])
def test_it_refuses_a_host_that_no_call_may_go_to(cli: Cli, world: World, side: str) -> None:
    part, key = side.split(".")

    result = cli("connections", "add", "-", stdin=given(world, **{part: {key: "https://erp.example.com:8443"}}))

    assert (result.exit_code, names(cli)) == (1, [])
    assert side in result.stderr
    assert "CONNECTOR_TRUSTED_HOSTS" in result.stderr


def test_no_mistake_repeats_a_secret(cli: Cli, world: World) -> None:
    text = given(world, brex={"token": "bxt_very secret"}, d365={"client_secret": ["deep-secret"]})

    for stdin in (text, given(world, brex={"token": "bxt_very secret"})):
        result = cli("connections", "add", "-", stdin=stdin)
        assert result.exit_code == 1
        assert "brex.token" in result.stderr or "client_secret" in result.stderr
        assert 'secret"' not in result.output
        assert "very" not in result.output
        assert "deep" not in result.output


@pytest.mark.parametrize("text", ["{", "[]", "null", '"acme"', '{"name": "acme", "brex": 1}', '{"name": "\\ud800"}',
                                  '{"\\ud800": 1, "\\ud800": 2}'])  # fmt: skip
def test_it_refuses_what_is_no_connection_file(cli: Cli, text: str) -> None:
    for more in ([], ["--replace"]):
        result = cli("connections", "add", "-", *more, stdin=text)
        assert result.exit_code == 1
        assert "nothing was stored" in result.stderr or "not JSON" in result.stderr


def test_it_refuses_a_file_that_is_not_there(cli: Cli) -> None:
    result = cli("connections", "add", "/nowhere/acme.json")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "/nowhere/acme.json" in result.stderr


def test_it_refuses_a_name_that_is_taken(cli: Cli, world: World, connection: Connection) -> None:
    result = cli("connections", "add", "-", stdin=given(world))

    assert result.exit_code == 1
    assert "--replace" in result.stderr


def test_what_show_prints_has_no_secret_and_can_be_given_back(
    cli: Cli, connection: Connection, runtime: Runtime, world: World
) -> None:
    before = secrets_of(runtime)
    shown = cli("connections", "show", "acme").stdout
    for secret in before.values():
        assert secret not in shown
    file = jsonio.loads(shown)
    assert list(file) == ["name", "brex", "d365", "posting"]
    assert {file["brex"]["token"], file["brex"]["webhook_secret"], file["d365"]["client_secret"]} == {MASK}

    file["posting"]["journal_name"] = "GenJrn"
    result = cli("connections", "add", "-", "--replace", stdin=jsonio.dumps(file))

    assert result.exit_code == 0, result.output
    assert secrets_of(runtime) == before
    assert jsonio.loads(cli("connections", "show", "acme").stdout)["posting"]["journal_name"] == "GenJrn"


def test_the_mask_is_no_secret_of_a_new_connection(cli: Cli, world: World) -> None:
    result = cli("connections", "add", "-", "--replace", stdin=given(world, brex={"token": MASK}))

    assert (result.exit_code, names(cli)) == (1, [])
    assert "brex.token" in result.stderr


def test_a_webhook_secret_that_a_new_file_leaves_out_is_kept_and_an_empty_one_forgets_it(
    cli: Cli, connection: Connection, runtime: Runtime, world: World
) -> None:
    assert cli("connections", "add", "-", "--replace", stdin=given(world, brex={"webhook_secret": None})).exit_code == 0

    assert "brex.webhook_secret" in secrets_of(runtime)

    assert cli("connections", "add", "-", "--replace", stdin=given(world, brex={"webhook_secret": ""})).exit_code == 0
    assert "brex.webhook_secret" not in secrets_of(runtime)
    assert jsonio.loads(cli("connections", "show", "acme").stdout)["brex"]["webhook_secret"] is None


CHANGES = [
    ("brex.base_url", {"brex": {"base_url": "https://platform.brexapis.com"}}),
    ("d365.host", {"d365": {"host": "https://fabrikam.operations.dynamics.com"}}),
    ("posting.legal_entity", {"posting": {"legal_entity": "frrt"}}),
]


def test_linked_entries_without_a_second_company_are_refused(cli: Cli, world: World) -> None:
    file = given(world, posting={"intercompany": "linked"})

    result = cli("connections", "add", "-", stdin=file)

    assert result.exit_code == 1
    assert "posting.intercompany: linked needs a second company under posting.entities" in result.stderr
    assert cli.json("connections", "list") == []


@pytest.mark.parametrize(("what", "change"), CHANGES)
def test_a_connection_with_records_stays_the_one_it_is(
    cli: Cli, connection: Connection, world: World, spend: Spending, taken_in: Work, what: str, change: Any
) -> None:
    spend.expense()
    taken_in()

    result = cli("connections", "add", "-", "--replace", stdin=given(world, **change))

    assert result.exit_code == 1
    assert what in result.stderr
    assert jsonio.loads(cli("connections", "show", "acme").stdout)["posting"]["legal_entity"] == "usmf"


@pytest.mark.parametrize(("what", "change"), CHANGES)
def test_a_connection_without_records_may_become_another(
    cli: Cli, connection: Connection, world: World, what: str, change: Any
) -> None:
    assert cli("connections", "add", "-", "--replace", stdin=given(world, **change)).exit_code == 0
    part, key = what.split(".")
    shown = jsonio.loads(cli("connections", "show", "acme").stdout)
    assert shown[part][key] == change[part][key]


def test_remove_asks_first(cli: Cli, connection: Connection) -> None:
    assert cli("connections", "remove", "acme", stdin="n\n").exit_code == 1
    assert cli("connections", "remove", "acme", stdin="").exit_code == 1
    assert names(cli) == ["acme"]

    assert cli("connections", "remove", "acme", stdin="y\n").exit_code == 0
    assert names(cli) == []


def test_remove_forgets_the_secrets(cli: Cli, connection: Connection, runtime: Runtime) -> None:
    assert cli("connections", "remove", "acme", "--yes").exit_code == 0

    with runtime.database.begin() as tx:
        assert sql.value(tx, "SELECT count(*) FROM credentials") == 0


def test_an_unknown_name_is_answered_with_the_one_that_was_meant(cli: Cli, connection: Connection) -> None:
    result = cli("connections", "show", "acne")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "did you mean acme?" in result.stderr


@pytest.mark.parametrize("name", ["a b", "äcme", "acme\x00", "\udcff"])
def test_a_name_that_cannot_be_one_is_unknown(cli: Cli, connection: Connection, name: str) -> None:
    assert cli("connections", "show", name).exit_code == 1


def test_a_connection_added_paused_waits_for_its_mappings(cli: Cli, world: World) -> None:
    result = cli("connections", "add", "-", "--paused", stdin=given(world))

    assert (result.exit_code, cli.woken) == (0, [])
    assert cli.json("connections", "list")[0]["state"] == "paused"
    assert cli("resume", "acme").exit_code == 0
    assert len(cli.woken) == 1


def test_where_nobody_can_answer_it_says_what_to_add(cli: Cli, connection: Connection) -> None:
    result = cli("connections", "remove", "acme", stdin="")

    assert result.exit_code == 1
    assert "--yes says so" in result.stderr
    assert cli("connections", "show", "acme").exit_code == 0
