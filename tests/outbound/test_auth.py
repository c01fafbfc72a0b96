import pytest
import requests

from connector.outbound.auth import Bearer
from connector.outbound.session import Outbound


@pytest.mark.parametrize("token", ["", "two words", "line\nend", "line\r\nX-Evil: 1", "tökén"])
def test_a_token_that_no_header_can_carry_is_refused_without_being_shown(token: str) -> None:
    with pytest.raises(ValueError, match="token") as caught:
        Bearer(token)
    assert not token or token not in str(caught.value)


def test_the_token_is_not_in_its_repr() -> None:
    assert "bxt_secret" not in repr(Bearer("bxt_secret"))


def test_it_replaces_an_authorization_header() -> None:
    request = requests.Request("GET", "https://api.brex.com/", headers={"Authorization": "Basic x"})
    assert Bearer("t").__call__(request.prepare()).headers["Authorization"] == "Bearer t"


@pytest.mark.parametrize(
    "proxy", ["https://me:hunter2@proxy:1", "socks5://proxy:1", "http://", "http://h:port", "http://h/x"]
)
def test_a_proxy_that_cannot_be_used_is_refused_without_its_password(proxy: str) -> None:
    with pytest.raises(ValueError, match="CONNECTOR_PROXY") as caught:
        Outbound(proxy=proxy)
    assert "hunter2" not in str(caught.value)


def test_a_missing_ca_bundle_is_named() -> None:
    with pytest.raises(ValueError, match=r"/nonexistent\.pem cannot be read"):
        Outbound(ca_bundle="/nonexistent.pem")
