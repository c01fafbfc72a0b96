"""Who is let in, and what every answer carries."""

import time_machine

from sandbox.d365 import Ledger, create_app
from sandbox.entra import Entra
from sandbox.faults import Faults
from sandbox.state import Store
from tests.sandbox.d365.caller import Caller
from tests.sandbox.d365.conftest import a_token

ELSEWHERE = "https://other.operations.dynamics.com"


def test_it_answers_a_token_issued_for_this_environment(f_and_o: Caller) -> None:
    assert f_and_o.call("GET", "Currencies").status_code == 200


def test_it_refuses_a_request_without_a_token(f_and_o: Caller) -> None:
    answer = f_and_o.call("GET", "Currencies", Authorization="")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_it_refuses_a_token_nobody_issued(f_and_o: Caller) -> None:
    f_and_o.token = "made-up"
    assert f_and_o.call("GET", "Currencies").status_code == 401


def test_it_refuses_a_token_past_its_lifetime(f_and_o: Caller) -> None:
    with time_machine.travel("2100-01-01T00:00:00Z", tick=False):
        assert f_and_o.call("GET", "Currencies").status_code == 401


def test_it_refuses_a_token_for_another_environment(f_and_o: Caller, entra: Entra) -> None:
    entra.add_resource(ELSEWHERE)
    f_and_o.token = a_token(entra, host=ELSEWHERE)
    assert f_and_o.call("GET", "Currencies").status_code == 401


def test_it_refuses_the_right_token_under_another_host(f_and_o: Caller) -> None:
    assert f_and_o.call("GET", "Currencies", host=ELSEWHERE).status_code == 401


def test_an_environment_that_knows_its_url_does_not_answer_another_host_at_all(f_and_o: Caller, ledger: Ledger) -> None:
    ledger.set(host="https://contoso.operations.dynamics.com")
    answer = f_and_o.call("GET", "Currencies", host=ELSEWHERE)
    assert answer.status_code == 400
    assert "Invalid Hostname" in answer.text
    assert f_and_o.call("GET", "Currencies").status_code == 200


def test_it_refuses_an_app_that_is_not_registered_inside_the_environment(
    store: Store, ledger: Ledger, entra: Entra
) -> None:
    entra.register("app-2", "secret")
    stranger = Caller(create_app(store, Faults(), entra), a_token(entra, "app-2"))
    assert stranger.call("GET", "Currencies").status_code == 401
    ledger.register_client("app-2")
    assert stranger.call("GET", "Currencies").status_code == 200


def test_every_answer_carries_an_activity_id_of_its_own(f_and_o: Caller) -> None:
    answers = [
        f_and_o.call("GET", "Currencies", x_ms_client_request_id="6f1d7a34-0000-4000-8000-000000000001"),
        f_and_o.call("GET", "NoSuchSet"),
        f_and_o.call("GET", "Currencies", Authorization=""),
    ]
    assert len({answer.headers["ms-dyn-aid"] for answer in answers}) == 3


def test_it_lists_its_entity_sets(f_and_o: Caller) -> None:
    assert {"name": "LedgerJournalLines", "kind": "EntitySet", "url": "LedgerJournalLines"} in f_and_o.rows("")


def test_it_refuses_an_entity_set_it_does_not_have(f_and_o: Caller) -> None:
    assert f_and_o.call("GET", "Nonsense").status_code == 400


def test_it_refuses_a_body_that_is_not_declared_as_json(f_and_o: Caller) -> None:
    answer = f_and_o.call("POST", "LedgerJournalHeaders", b"JournalName=BREX", Content_Type="text/plain")
    assert answer.status_code == 415


def test_master_data_cannot_be_written(f_and_o: Caller) -> None:
    assert f_and_o.call("POST", "Currencies", {"CurrencyCode": "XXX"}).status_code == 405
