"""Credentials at rest: Fernet, several keys side by side, and a name for the key that encrypted each one."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class VaultError(Exception):
    """A credential cannot be read: the key that encrypted it is not among CONNECTOR_SECRET_KEYS."""


@dataclass(frozen=True, slots=True)
class Sealed:
    ciphertext: bytes
    key_id: str


class Vault:
    """`keys` as in CONNECTOR_SECRET_KEYS: the first encrypts, all decrypt."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self.key_id = key_id(keys[0])

    def seal(self, secret: str) -> Sealed:
        return Sealed(self._fernet.encrypt(secret.encode()), self.key_id)

    def open(self, sealed: Sealed) -> str:
        try:
            return self._fernet.decrypt(bytes(sealed.ciphertext)).decode()
        except InvalidToken:
            raise VaultError(
                f"a credential was encrypted with key {sealed.key_id}, which is not among CONNECTOR_SECRET_KEYS; "
                "add that key to the end of the list"
            ) from None

    def __repr__(self) -> str:
        return f"Vault(key_id={self.key_id!r})"


def key_id(key: str) -> str:
    """A short name of a key that tells nothing of it."""
    return hashlib.sha256(key.encode()).hexdigest()[:8]
