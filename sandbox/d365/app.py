"""F&O's OData service as a Flask app: host, token, headers, then `operations` and `batch`."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol
from urllib.parse import parse_qsl
from uuid import uuid4

from flask import Flask, Response, request

from connector.domain import jsonio
from sandbox.d365 import batch
from sandbox.d365.environment import Environment, environment_of
from sandbox.d365.errors import WRITE, Refusal
from sandbox.d365.operations import MINIMAL, Answer, Operation, journal_of, perform
from sandbox.d365.schema import SETS
from sandbox.faults import Faults
from sandbox.state import Store

_INVALID_HOST = (
    '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN""http://www.w3.org/TR/html4/strict.dtd"><HTML><HEAD>'
    "<TITLE>Bad Request</TITLE></HEAD><BODY><h2>Bad Request - Invalid Hostname</h2><hr>"
    "<p>HTTP Error 400. The request hostname is invalid.</p></BODY></HTML>"
)


class Tokens(Protocol):
    """What this side asks of Entra ID."""

    def check(self, bearer_token: str, audience: str) -> bool: ...

    def client_of(self, bearer_token: str) -> str | None: ...


def create_app(
    store: Store,
    faults: Faults,  # noqa: ARG001 - one signature for all stand-ins
    entra: Tokens,
) -> Flask:
    """The app over a store. `sandbox.middleware` applies the faults around it."""
    environment = environment_of(store)
    app = Flask("sandbox.d365")
    app.url_map.merge_slashes = False  # two slashes inside a key are the key's

    @app.before_request
    def admit() -> Response | None:
        if environment.switches.host and _url() != environment.switches.host:
            return Response(_INVALID_HOST, 400, content_type="text/html; charset=us-ascii")
        return None if _known(environment, entra) else _unauthorised()

    @app.after_request
    def trace(response: Response) -> Response:
        """Fact: every answer carries ms-dyn-aid; x-ms-client-request-id is taken and not sent back."""
        response.headers["ms-dyn-aid"] = str(uuid4())
        response.headers.setdefault("OData-Version", "4.0")
        return response

    @app.errorhandler(Refusal)
    def refuse(refusal: Refusal) -> Response:
        status = environment.switches.write_status if refusal.kind == WRITE else refusal.status
        if not refusal.headline:
            return Response("", status)
        # Fact: a plain PATCH that fails says only "An error has occurred."
        hushed = request.method == "PATCH" and refusal.message.startswith("Write failed")
        return Response(refusal.body(with_infolog=not hushed), status, content_type=f"{MINIMAL}; charset=utf-8")

    @app.get("/data")
    @app.get("/data/")
    def sets() -> Response:
        listed = [{"name": name, "kind": "EntitySet", "url": name} for name in SETS]
        body = {"@odata.context": f"{_url()}/data/$metadata", "value": listed}
        return Response(jsonio.dumps(body), content_type=MINIMAL)

    @app.post("/data/$batch")
    def many() -> Response:
        prefer = ",".join(request.headers.getlist("Prefer"))
        body, kind, service = request.get_data(), request.content_type or "", f"{_url()}/data"
        return _response(_done(environment, lambda: batch.run(environment, body, kind, prefer, service)))

    @app.route("/data/<path:path>", methods=["GET", "POST", "PATCH", "PUT", "DELETE"])
    def one(path: str) -> Response:
        if request.method in ("POST", "PATCH") and request.mimetype != "application/json":
            raise Refusal(415, f"The content type '{request.content_type}' is not supported.", kind="")
        options = parse_qsl(request.query_string.decode(), keep_blank_values=True)
        if_match = request.headers.get("If-Match", "")
        asked = Operation(request.method, path, options, request.get_data(), f"{_url()}/data", object(), if_match)
        return _response(_done(environment, lambda: _alone(environment, asked)))

    return app


def _alone(environment: Environment, asked: Operation) -> Answer:
    """One operation as a request of its own."""
    journal = journal_of(environment, asked)
    if journal and environment.switches.line_seconds:
        time.sleep(float(environment.switches.line_seconds))
    with environment.working_on({journal} if journal else set(), asked.who):
        return perform(environment, asked)


def _done(environment: Environment, work: Callable[[], Answer]) -> Answer:
    """The work's answer; where a repetition is due, the second answer to a write that happened twice."""
    if request.method != "GET" and environment.repeats > 0:
        environment.repeats -= 1
        with suppress(Refusal):
            work()
    return work()


def _known(environment: Environment, entra: Tokens) -> bool:
    """Fact: the token's audience is the environment URL; its app is registered inside F&O (SysAADClients)."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not entra.check(token, _url()):
        return False
    with environment.tables.transaction():
        registered = environment.tables.rows("SysAADClients")
    client = entra.client_of(token)
    return not registered or any(row.values["AADClientId"] == client for row in registered)


def _unauthorised() -> Response:
    """Nobody recorded the body of F&O's 401, so there is none."""
    headers = {"WWW-Authenticate": 'Bearer authorization_uri="https://login.windows.net/common/oauth2/authorize"'}
    return Response("", 401, headers)


def _url() -> str:
    """The environment's URL as the request names it: lower case, no trailing slash."""
    return f"https://{request.host}".lower()


def _response(answer: Answer) -> Response:
    response = Response(answer.body, answer.status, answer.headers)
    if answer.status == 204:
        del response.headers["Content-Type"]
    return response
