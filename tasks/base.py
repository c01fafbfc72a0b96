"""The one base class of all tasks: where the runtime comes from, what is logged, and that nothing is retried here.

A task that fails is not repeated by Celery: what it left undone is still due in PostgreSQL, and the sweep wakes it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from celery import Task

from connector import sentry, settings
from connector.pipeline.runtime import Runtime, build

log = structlog.get_logger()


class _Process:
    runtime: Runtime | None = None


def runtime() -> Runtime:
    """This process's runtime, made at its first task: after the fork, so that no database session is shared."""
    if _Process.runtime is None:
        _Process.runtime = build(settings.load())
    return _Process.runtime


@contextmanager
def using(given: Runtime) -> Iterator[None]:
    """Let tasks that run in this process meanwhile work with a runtime that is there already."""
    before, _Process.runtime = _Process.runtime, given
    try:
        yield
    finally:
        _Process.runtime = before


class PipelineTask(Task):
    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with structlog.contextvars.bound_contextvars(task=self.name, task_id=self.request.id):
            return super().__call__(*args, **kwargs)

    def on_failure(self, exc: BaseException, task_id: str, args: Any, *_: Any) -> None:
        log.error("task failed", task=self.name, task_id=task_id, args=args, error=f"{type(exc).__name__}: {exc}")
        sentry.capture(exc)
