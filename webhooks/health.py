"""Is it alive, may it be sent traffic, how is it doing: for platforms and people's monitors."""

from typing import Any

from flask import Blueprint, Response, current_app
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from redis import Redis, RedisError
from sqlalchemy.exc import SQLAlchemyError

from connector.domain import jsonio
from connector.pipeline.runtime import Runtime
from connector.store import schema, views
from webhooks.metrics import registry

blueprint = Blueprint("health", __name__)


@blueprint.get("/health/live")
def live() -> Response:
    """The process answers."""
    return _json(200, {"status": "alive"})


@blueprint.get("/health/ready")
def ready() -> Response:
    """503 only for the database or an older schema: without the broker webhooks are stored all the same."""
    runtime: Runtime = current_app.extensions["runtime"]
    report: dict[str, Any] = {"broker": _broker()}
    try:
        report["schema"] = str(schema.state(runtime.database))
        report["migration"] = schema.found(runtime.database)
        if report["schema"] == schema.State.OLDER:
            return _json(503, {"status": "the schema is older than this release", **report})
        with runtime.database.begin() as tx:
            report["oldest_unwritten_seconds"] = views.oldest_unwritten_seconds(tx)
    except SQLAlchemyError:
        return _json(503, {"status": "the database does not answer", **report})
    return _json(200, {"status": "ready", **report})


@blueprint.get("/metrics")
def metrics() -> Response:
    """Prometheus text; the figures are read from the database when asked for."""
    runtime: Runtime = current_app.extensions["runtime"]
    try:
        return Response(generate_latest(registry(runtime)), content_type=CONTENT_TYPE_LATEST)
    except SQLAlchemyError:
        return Response("the database does not answer\n", 503, content_type="text/plain; charset=utf-8")


def _broker() -> str:
    try:
        with Redis.from_url(current_app.config["REDIS_URL"], socket_timeout=1, socket_connect_timeout=1) as client:
            client.ping()
    except (RedisError, OSError, ValueError):
        return "does not answer"
    return "answers"


def _json(status: int, data: dict[str, Any]) -> Response:
    return Response(jsonio.dumps(data) + "\n", status, mimetype="application/json")
