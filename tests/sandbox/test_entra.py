from typing import Any

import msal
import pytest
import requests

from sandbox.world import CLIENT_ID, CLIENT_SECRET, TENANT_ID, World
from tests.sandbox.conftest import Clock

AUTHORITY = "https://login.microsoftonline.com"
F_O = "https://contoso.operations.dynamics.com"
FORM = {
    "grant_type": "client_credentials",
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
    "scope": f"{F_O}/.default",
}


@pytest.fixture
def session(world: World) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", world.adapter())
    return session


def _ask(session: requests.Session, tenant: str = TENANT_ID, **changes: str | None) -> tuple[int, Any]:
    form = {name: value for name, value in (FORM | changes).items() if value is not None}
    answer = session.post(f"{AUTHORITY}/{tenant}/oauth2/v2.0/token", data=form)
    return answer.status_code, answer.json()


def _token(session: requests.Session, **changes: str) -> str:
    status, body = _ask(session, **changes)
    assert status == 200, body
    return str(body["access_token"])


def test_msal_gets_a_token_that_f_o_would_accept(world: World, session: requests.Session) -> None:
    client = msal.ConfidentialClientApplication(
        CLIENT_ID,
        client_credential=CLIENT_SECRET,
        authority=f"{AUTHORITY}/{TENANT_ID}",
        instance_discovery=False,
        http_client=session,
    )
    answer = client.acquire_token_for_client([f"{F_O}/.default"])
    assert world.entra.check(answer["access_token"], F_O)
    assert 3600 <= answer["expires_in"] <= 5400
    assert world.entra.client_of(answer["access_token"]) == CLIENT_ID


def test_msal_shows_microsofts_words_for_a_wrong_secret(session: requests.Session) -> None:
    client = msal.ConfidentialClientApplication(
        CLIENT_ID,
        client_credential="wrong",
        authority=f"{AUTHORITY}/{TENANT_ID}",
        instance_discovery=False,
        http_client=session,
    )
    answer = client.acquire_token_for_client([f"{F_O}/.default"])
    assert (answer["error"], answer["error_codes"]) == ("invalid_client", [7000215])


@pytest.mark.parametrize(
    ("changes", "status", "error", "number"),
    [
        ({"tenant": "00000000-0000-0000-0000-000000000001"}, 400, "invalid_request", 90002),
        ({"client_id": "someone"}, 400, "unauthorized_client", 700016),
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_secret": None}, 401, "invalid_client", 7000216),
        ({"scope": F_O}, 400, "invalid_scope", 1002012),
        ({"scope": f"{F_O}/.default offline_access"}, 400, "invalid_scope", 1002012),
        ({"scope": "https://other.operations.dynamics.com/.default"}, 400, "invalid_resource", 500011),
        ({"scope": None}, 400, "invalid_request", 900144),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
    ],
)
def test_it_refuses_in_microsofts_words(
    session: requests.Session, changes: dict[str, Any], status: int, error: str, number: int
) -> None:
    code, body = _ask(session, **changes)
    assert (code, body["error"], body["error_codes"]) == (status, error, [number])
    assert body["error_description"].startswith(f"AADSTS{number}: ")
    assert {"trace_id", "correlation_id", "timestamp", "error_uri"} < body.keys()
    assert CLIENT_SECRET not in str(body)


def test_an_expired_secret_is_told_apart_from_a_wrong_one(world: World, session: requests.Session) -> None:
    world.entra.expire_secret(CLIENT_ID)
    code, body = _ask(session)
    assert (code, body["error_codes"]) == (401, [7000222])
    world.entra.register(CLIENT_ID, "renewed")
    assert _ask(session, client_secret="renewed")[0] == 200


def test_the_configuration_of_an_unknown_tenant_is_refused_by_another_word(session: requests.Session) -> None:
    answer = session.get(f"{AUTHORITY}/nobody/v2.0/.well-known/openid-configuration")
    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (400, "invalid_tenant", [90002])


def test_a_token_ends_with_its_lifetime(world: World, session: requests.Session, clock: Clock) -> None:
    world.entra.lifetime = (600, 600)
    token = _token(session)
    clock.advance(seconds=599)
    assert world.entra.check(token, F_O)
    clock.advance(seconds=1)
    assert not world.entra.check(token, F_O)


def test_lifetimes_vary_between_60_and_90_minutes(session: requests.Session) -> None:
    seconds = {_ask(session)[1]["expires_in"] for _ in range(12)}
    assert len(seconds) > 6
    assert min(seconds) >= 3600
    assert max(seconds) <= 5400


@pytest.mark.parametrize("scope", [f"{F_O}//.default", "https://CONTOSO.operations.dynamics.com/.default"])
def test_a_token_for_another_spelling_of_the_host_is_issued_and_useless(
    world: World, session: requests.Session, scope: str
) -> None:
    assert not world.entra.check(_token(session, scope=scope), F_O)


def test_unknown_and_revoked_tokens_are_not_accepted(world: World, session: requests.Session) -> None:
    token = _token(session)
    assert not world.entra.check("unknown", F_O)
    world.entra.revoke_all()
    assert not world.entra.check(token, F_O)


def test_a_client_may_name_itself_by_http_basic(world: World, session: requests.Session) -> None:
    form = {"grant_type": FORM["grant_type"], "scope": FORM["scope"]}
    url = f"{AUTHORITY}/{TENANT_ID}/oauth2/v2.0/token"
    answer = session.post(url, data=form, auth=(CLIENT_ID, CLIENT_SECRET))
    assert world.entra.check(answer.json()["access_token"], F_O)
