"""Which hosts may be called, and to which addresses their names may lead."""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

from connector.outbound.errors import HostNotAllowed

# Brex: api.brex.com, platform.brexapis.com. Entra ID: the public and the sovereign clouds. F&O: production,
# acme.sandbox.operations.dynamics.com, regional operations.eu.dynamics.com, and dynamics.cn and .us.
_BUILT_IN: Final = (
    re.compile(r"[a-z0-9.-]+\.(brex|brexapis)\.com"),
    re.compile(r"login\.(microsoftonline\.(com|us)|partner\.microsoftonline\.cn|chinacloudapi\.cn)"),
    re.compile(r"[a-z0-9.-]+\.(operations|cloudax)(\.[a-z0-9]{2,12})?\.dynamics\.(com|us|cn)"),
)
# Where Brex keeps receipts: presigned S3 links (Brex, accounting API). Only for downloads, which carry no credential of
# ours: a bucket's own host or a region's, as Amazon names them, and nothing else below amazonaws.com.
_STORES: Final = re.compile(
    r"([a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\.)?s3([.-](dualstack\.)?[a-z]{2}(-[a-z]{2,10}){1,2}-[0-9])?\.amazonaws\.com"
)
_NAT64: Final = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Target:
    """A host that may be called. `trusted`: named by the operator, so it may be on a private network."""

    host: str
    port: int
    trusted: bool

    @property
    def loopback(self) -> bool:
        return self.host == "localhost" or is_loopback(self.host)


def target(url: str, trusted_hosts: frozenset[str], *, download: bool = False) -> Target:
    """The allowed target of a URL. Raises `HostNotAllowed` before anything is looked up or connected.

    Built-in hosts are allowed on port 443 only; every other host needs its `host:port` in `trusted_hosts`. For a
    `download` S3's hosts are built in, too.
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port or 443
    except ValueError:
        raise HostNotAllowed("the URL cannot be read") from None
    if parts.scheme != "https":
        raise HostNotAllowed(f"only https is spoken, not {parts.scheme or 'a bare name'}")
    if parts.username is not None or parts.password is not None:
        raise HostNotAllowed(f"the URL for {host} carries a user name")
    bracketed = f"[{host}]" if ":" in host else host
    if f"{bracketed}:{port}" in trusted_hosts or f"{host}:{port}" in trusted_hosts:
        return Target(host, port, trusted=True)
    if port == 443 and any(pattern.fullmatch(host) for pattern in _BUILT_IN):
        return Target(host, port, trusted=False)
    if download and port == 443 and _STORES.fullmatch(host):
        return Target(host, port, trusted=False)
    raise HostNotAllowed(
        f"{bracketed}:{port} is not a Brex, Entra ID or F&O host; add it to CONNECTOR_TRUSTED_HOSTS if it is meant"
    )


def is_public(address: str) -> bool:
    """True for an address on the open internet; False for private, loopback, link-local, multicast, nonsense.

    IPv4 addresses wrapped in IPv6 (mapped, 6to4, NAT64) are judged by what is inside.
    """
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = ip_address(ip.packed[-4:])  # type: ignore[assignment]
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
