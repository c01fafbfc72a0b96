"""How a credential gets onto a request."""

import re

from requests import PreparedRequest
from requests.auth import AuthBase


class Bearer(AuthBase):
    """`Authorization: Bearer …`, set last, so that neither a .netrc nor a default replaces it.

    Raises ValueError (without the token) for characters no token has: they would end in a library's message.
    """

    def __init__(self, token: str) -> None:
        if not re.fullmatch(r"[\x21-\x7e]+", token):
            raise ValueError("the token is empty or has blanks, line ends or characters outside ASCII")
        self._token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def __repr__(self) -> str:
        return "Bearer(********)"
