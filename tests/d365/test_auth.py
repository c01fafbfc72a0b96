"""Tokens from a strict stand-in for Entra ID, through MSAL."""

from typing import Any

import pytest

from connector.d365.auth import TokenSource
from connector.d365.errors import NotSent, Unauthorized
from connector.outbound.session import Outbound
from sandbox.world import CLIENT_ID, CLIENT_SECRET, TENANT_ID, World


def source(world: World, **changed: Any) -> TokenSource:
    settings = {
        "authority": world.urls["entra"],
        "tenant_id": TENANT_ID,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "host": world.urls["d365"],
    }
    return TokenSource(Outbound(adapter=world.adapter()), **(settings | changed))


def test_a_token_is_for_this_host_and_kept(world: World, tokens: TokenSource) -> None:
    token = tokens.token()
    assert world.entra.check(token, world.urls["d365"])
    asked = world.requests["entra"]
    assert tokens.token() == token
    assert world.requests["entra"] == asked


def test_fresh_drops_the_token_in_hand(world: World, tokens: TokenSource) -> None:
    first = tokens.token()
    second = tokens.fresh()
    assert first != second
    assert tokens.token() == second


def test_a_host_with_capitals_and_a_slash_is_asked_for_as_entra_knows_it(world: World) -> None:
    token = source(world, host="https://Contoso.operations.dynamics.com/").token()
    assert world.entra.check(token, world.urls["d365"])


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"client_secret": "wrong~secret"}, r"secret is wrong.*\(AADSTS7000215\)"),
        ({"client_id": "00000000-0000-0000-0000-000000000000"}, r"client_id.*\(AADSTS700016\)"),
        ({"tenant_id": "00000000-0000-0000-0000-000000000000"}, r"tenant.*\(AADSTS90002\)"),
        ({"host": "https://elsewhere.operations.dynamics.com"}, r"host.*\(AADSTS500011\)"),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(world: World, changed: dict[str, str], words: str) -> None:
    with pytest.raises(Unauthorized, match=words) as caught:
        source(world, **changed).token()
    assert "wrong~secret" not in str(caught.value)


def test_an_expired_secret_is_named(world: World, tokens: TokenSource) -> None:
    world.entra.expire_secret(CLIENT_ID)
    with pytest.raises(Unauthorized, match=r"expired.*AADSTS7000222"):
        tokens.token()


@pytest.mark.parametrize("path", ["openid-configuration", "token"])
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("reset_before", {}),
        ("reset_after", {}),
        ("status_before", {"code": 503}),
        ("status_before", {"code": 403}),
        ("throttle", {"retry_after": 7}),
        ("malformed_after", {}),
        ("truncate_after", {"bytes": 10}),
    ],
)
def test_where_entra_does_not_answer_nothing_was_sent_to_f_and_o(
    world: World, tokens: TokenSource, path: str, kind: str, options: dict[str, Any]
) -> None:
    world.faults.add("entra", f"* {path}", kind, **options)
    with pytest.raises(NotSent, match="no token from Entra ID"):
        tokens.token()


def test_it_recovers_once_entra_answers_again(world: World, tokens: TokenSource) -> None:
    world.faults.add("entra", "* openid-configuration", "reset_before")
    with pytest.raises(NotSent):
        tokens.token()
    assert tokens.token()


def test_an_authority_that_nobody_allowed_is_not_called(world: World) -> None:
    with pytest.raises(NotSent, match="CONNECTOR_TRUSTED_HOSTS"):
        source(world, authority="https://login.evil.test").token()


def test_a_strange_answer_of_entra_s_is_forgotten_at_the_next_but_one_call(world: World, tokens: TokenSource) -> None:
    """MSAL keeps an error that is no text, and would stumble over it for as long as it lives."""
    world.faults.add("entra", "POST /token", "malformed_after", body='{"error": {"message": "?"}}')
    with pytest.raises(NotSent, match="cannot be read"):
        tokens.token()
    with pytest.raises(NotSent, match="TypeError"):
        tokens.token()
    assert tokens.token()
