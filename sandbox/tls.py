"""Certificates: an authority kept in a folder, and a server certificate for this machine made from it."""

import ssl
from pathlib import Path

import trustme

NAMES = ("localhost", "127.0.0.1")


def authority(folder: Path) -> tuple[trustme.CA, Path]:
    """The certificate authority of this folder, made on first use, and the path of its certificate (PEM)."""
    certificate, key = folder / "ca.pem", folder / "ca-key.pem"
    if certificate.exists() and key.exists():
        return trustme.CA.from_pem(certificate.read_bytes(), key.read_bytes()), certificate
    made = trustme.CA(organization_name="Brex and F&O sandbox")
    key.touch(mode=0o600)
    key.write_bytes(made.private_key_pem.bytes())
    certificate.write_bytes(made.cert_pem.bytes())
    return made, certificate


def server_context(ca: trustme.CA) -> ssl.SSLContext:
    """For a server on this machine; the certificate is made anew at each start."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    ca.issue_cert(*NAMES).configure_cert(context)
    return context
