"""Entra ID, as far as MSAL's client credentials flow needs it. Its tokens are checked by the F&O stand-in.

Facts: token request and answer, lifetime of 60–90 minutes, rules for the audience (Microsoft,
services-home-page.md, access-tokens.md, troubleshoot-service-authentication.md).
"""

import base64
import binascii
import secrets
from datetime import timedelta
from random import Random
from typing import Any
from urllib.parse import unquote_plus
from uuid import uuid4

from flask import Flask, Response, request

from connector.domain import jsonio
from sandbox.aadsts import RefusalError
from sandbox.clock import Clock, now, parse, stamp
from sandbox.state import Store

_CLIENTS = "entra_client"
_RESOURCES = "entra_resource"
_TOKENS = "entra_token"


class Entra:
    """One tenant with its app registrations and the resources (F&O environments) it knows."""

    def __init__(self, store: Store, clock: Clock = now, *, tenant_id: str, seed: int = 0) -> None:
        self.tenant_id = tenant_id
        # Seconds, shortest and longest. Fact: "a random value ranging between 60-90 minutes".
        self.lifetime = (3600, 5400)
        self._store = store
        self._clock = clock
        self._random = Random(seed)  # noqa: S311 - repeatable, not secret
        self.app = _create_app(self)

    def register(self, client_id: str, client_secret: str) -> None:
        """Add an app registration, or give it a new secret (the old one ends at once)."""
        self._store.put(_CLIENTS, client_id, {"secret": client_secret, "expired": False})

    def knows(self, client_id: str) -> bool:
        return self._store.get(_CLIENTS, client_id) is not None

    def expire_secret(self, client_id: str) -> None:
        client = self._store.get(_CLIENTS, client_id)
        if client:
            self._store.put(_CLIENTS, client_id, client | {"expired": True})

    def add_resource(self, host: str) -> None:
        """Make an F&O environment known by its URL, such as https://contoso.operations.dynamics.com."""
        self._store.put(_RESOURCES, _plain(host), {"host": host})

    def check(self, bearer_token: str, audience: str) -> bool:
        """Whether F&O would accept the token: known, not expired, issued for exactly this audience.

        Fact: `aud` must be the environment URL in lower case without a trailing slash.
        """
        token = self._store.get(_TOKENS, bearer_token)
        return token is not None and token["aud"] == audience and parse(token["expires_at"]) > self._clock()

    def client_of(self, bearer_token: str) -> str | None:
        """The client id a token was issued to; None for an unknown token."""
        token = self._store.get(_TOKENS, bearer_token)
        return None if token is None else str(token["client_id"])

    def revoke_all(self) -> None:
        """Every issued token stops working at once; the secrets stay good."""
        with self._store.transaction():
            for token in self._store.all(_TOKENS):
                self._store.delete(_TOKENS, token["token"])

    def issue(self, tenant: str, form: dict[str, str]) -> dict[str, Any]:
        """The token endpoint. Raises `RefusalError`."""
        self.require_tenant(tenant)
        for name in ("grant_type", "client_id", "scope"):
            if not form.get(name):
                raise RefusalError(900144, name=name)
        if form["grant_type"] != "client_credentials":
            raise RefusalError(70003, grant=form["grant_type"])
        audience = _audience(form["scope"])
        self._authenticate(form)
        if self._store.get(_RESOURCES, _plain(audience)) is None:
            raise RefusalError(500011, resource=audience, tenant=self.tenant_id)
        return self._grant(form["client_id"], audience)

    def require_tenant(self, tenant: str) -> None:
        if tenant.lower() != self.tenant_id.lower():
            raise RefusalError(90002, tenant=tenant)

    def _authenticate(self, form: dict[str, str]) -> None:
        client_id = form["client_id"]
        client = self._store.get(_CLIENTS, client_id)
        if client is None:
            raise RefusalError(700016, client=client_id, tenant=self.tenant_id)
        if not form.get("client_secret"):
            raise RefusalError(7000216)
        if not secrets.compare_digest(form["client_secret"].encode(), client["secret"].encode()):
            raise RefusalError(7000215, client=client_id)
        if client["expired"]:
            raise RefusalError(7000222, client=client_id)

    def _grant(self, client_id: str, audience: str) -> dict[str, Any]:
        seconds = self._random.randint(*self.lifetime)
        token = secrets.token_urlsafe(48)
        expires = self._clock() + timedelta(seconds=seconds)
        doc = {"token": token, "client_id": client_id, "aud": audience, "expires_at": stamp(expires)}
        self._store.put(_TOKENS, token, doc)
        return {
            "token_type": "Bearer",
            "expires_in": seconds,
            "ext_expires_in": seconds,
            "access_token": token,
        }


def _plain(host: str) -> str:
    return host.rstrip("/").lower()


def _audience(scope: str) -> str:
    """What the token will be for: the scope without `/.default`, letter by letter."""
    audience = scope.removesuffix("/.default")
    if audience == scope or not audience or " " in scope:
        raise RefusalError(1002012, scope=scope)
    return audience


def _form() -> dict[str, str]:
    """The form; a client may also name itself by HTTP Basic (RFC 6749, 2.3.1)."""
    form = dict(request.form.items())
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            name, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return form
        form |= {"client_id": unquote_plus(name), "client_secret": unquote_plus(secret)}
    return form


def _create_app(entra: Entra) -> Flask:
    app = Flask("sandbox.entra")

    def answer(body: dict[str, Any], status: int = 200) -> Response:
        headers = {"Cache-Control": "no-store, no-cache", "x-ms-request-id": str(uuid4())}
        return Response(jsonio.dumps(body), status, headers, content_type="application/json; charset=utf-8")

    @app.errorhandler(RefusalError)
    def refused(refusal: RefusalError) -> Response:
        return answer(refusal.body(entra._clock().strftime("%Y-%m-%d %H:%M:%SZ")), refusal.status)

    @app.get("/<tenant>/v2.0/.well-known/openid-configuration")
    def configuration(tenant: str) -> Response:
        try:
            entra.require_tenant(tenant)
        except RefusalError as refusal:
            refusal.error = "invalid_tenant"  # the same number under another word than at the token endpoint
            raise
        base = f"{request.host_url}{tenant}"
        return answer(
            {
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "tenant_region_scope": "NA",
                "cloud_instance_name": "microsoftonline.com",
            }
        )

    @app.get("/common/discovery/instance")
    def discovery() -> Response:
        names = {
            "preferred_network": request.host,
            "preferred_cache": request.host,
            "aliases": [request.host],
        }
        where = f"{request.host_url}{entra.tenant_id}/v2.0/.well-known/openid-configuration"
        return answer({"tenant_discovery_endpoint": where, "api-version": "1.1", "metadata": [names]})

    @app.post("/<tenant>/oauth2/v2.0/token")
    def token(tenant: str) -> Response:
        return answer(entra.issue(tenant, _form()))

    return app
