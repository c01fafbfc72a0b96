import pytest

from connector.outbound.errors import HostNotAllowed
from connector.outbound.hosts import is_public, target

NOBODY: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    "url",
    [
        "https://api.brex.com/v3/accounting/records",
        "https://API.brex.com:443/",
        "https://platform.brexapis.com/v1/webhooks",
        "https://login.microsoftonline.com/tenant/v2.0/.well-known/openid-configuration",
        "https://login.microsoftonline.us/tenant",
        "https://contoso.operations.dynamics.com/data",
        "https://contoso.sandbox.operations.dynamics.com/data",
        "https://contoso.operations.eu.dynamics.com/data",
        "https://contoso.operations.dynamics.cn/data",
        "https://contosodevaos.cloudax.dynamics.com/data",
    ],
)
def test_the_hosts_of_brex_entra_and_f_and_o_are_built_in(url: str) -> None:
    assert target(url, NOBODY).trusted is False


@pytest.mark.parametrize(
    "url",
    [
        "http://api.brex.com/",
        "ftp://api.brex.com/",
        "api.brex.com",
        "https://brex.com.evil.test/",
        "https://evilbrex.com/",
        "https://api.brex.com.evil.test/",
        "https://api.brex.com:8443/",
        "https://api.brex.com@evil.test/",
        "https://me:secret@api.brex.com/",
        "https://evil.test/#api.brex.com",
        "https://evil.test\\@api.brex.com/",
        "https://xlogin.microsoftonline.com/",
        "https://contoso.crm.dynamics.com/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://",
        "https://api.brex.com:port/",
        "https://[api.brex.com/",
        "",
    ],
)
def test_everything_else_is_refused(url: str) -> None:
    with pytest.raises(HostNotAllowed) as caught:
        target(url, NOBODY)
    assert "secret" not in str(caught.value)


def test_a_trusted_host_is_trusted_on_its_own_port_only() -> None:
    trusted = frozenset({"127.0.0.1:8443", "[::1]:8443"})
    assert target("https://127.0.0.1:8443/x", trusted).trusted
    assert target("https://[::1]:8443/x", trusted).trusted
    with pytest.raises(HostNotAllowed):
        target("https://127.0.0.1:8444/x", trusted)


def test_only_loopback_names_count_as_loopback() -> None:
    trusted = frozenset({"127.0.0.1:1", "localhost:1", "[::1]:1", "10.0.0.1:1", "localhost.test:1"})
    loopback = [target(f"https://{name}/", trusted).loopback for name in sorted(trusted)]
    assert dict(zip(sorted(trusted), loopback, strict=True)) == {
        "127.0.0.1:1": True,
        "localhost:1": True,
        "[::1]:1": True,
        "10.0.0.1:1": False,
        "localhost.test:1": False,
    }


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_addresses_of_the_open_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "not an address",
    ],
)
def test_every_other_address_is_not(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "https://brex-receipts.s3.us-west-2.amazonaws.com/a.pdf?X-Amz-Signature=x",
        "https://brex.receipts.s3.amazonaws.com/a.pdf",
        "https://s3.us-west-2.amazonaws.com/brex-receipts/a.pdf",
        "https://brex-receipts.s3-us-west-2.amazonaws.com/a.pdf",
        "https://brex-receipts.s3.dualstack.eu-central-1.amazonaws.com/a.pdf",
        "https://brex-receipts.s3.us-gov-west-1.amazonaws.com/a.pdf",
    ],
)
def test_files_are_downloaded_from_s3_and_nothing_else_goes_there(url: str) -> None:
    assert target(url, NOBODY, download=True).trusted is False
    with pytest.raises(HostNotAllowed):
        target(url, NOBODY)


@pytest.mark.parametrize(
    "url",
    [
        "http://brex-receipts.s3.us-west-2.amazonaws.com/a.pdf",
        "https://brex-receipts.s3.us-west-2.amazonaws.com:8443/a.pdf",
        "https://s3.amazonaws.com.evil.test/a.pdf",
        "https://evils3.amazonaws.com/a.pdf",
        "https://bucket.evil-s3.us-west-2.amazonaws.com/a.pdf",
        "https://ec2.us-west-2.amazonaws.com/a.pdf",
        "https://sts.amazonaws.com/",
        "https://x.execute-api.us-west-2.amazonaws.com/",
        "https://s3.us-west-2.amazonaws.com.cn/a.pdf",
        "https://me:secret@brex-receipts.s3.us-west-2.amazonaws.com/a.pdf",
    ],
)
def test_what_only_looks_like_s3_is_no_place_of_files(url: str) -> None:
    with pytest.raises(HostNotAllowed):
        target(url, NOBODY, download=True)
