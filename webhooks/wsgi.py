"""The web app: receiver, health and metrics. `gunicorn webhooks.wsgi:app`."""

import sys
from collections.abc import Callable

from flask import Flask, got_request_exception

from connector import logs, sentry, settings
from connector.pipeline.runtime import Runtime, build
from tasks.app import app as celery
from tasks.wake import wake
from webhooks import health, receiver


def create_app(runtime: Runtime, *, redis_url: str, wake: Callable[[int], object]) -> Flask:
    """`wake` is told a connection's id after its records were committed; what it does may fail."""
    flask = Flask(__name__, static_folder=None)  # no file is ever served
    flask.config.update(MAX_CONTENT_LENGTH=receiver.MOST_BYTES, REDIS_URL=redis_url)
    flask.extensions.update(runtime=runtime, wake=wake)
    flask.register_blueprint(receiver.blueprint)
    flask.register_blueprint(health.blueprint)
    return flask


def from_environment() -> Flask:
    logs.configure()
    try:
        loaded = settings.load()
    except settings.BadSettings as error:
        sys.exit(str(error))
    if sentry.configure():
        got_request_exception.connect(_report, weak=False)
    return create_app(build(loaded), redis_url=loaded.redis_url, wake=lambda connection_id: wake(celery, connection_id))


def _report(_: Flask, exception: BaseException, **__: object) -> None:
    sentry.capture(exception)


def __getattr__(name: str) -> Flask:
    """`app` is made when a server asks for it: importing this module needs no settings."""
    if name == "app":
        made = globals()["app"] = from_environment()
        return made
    raise AttributeError(name)
