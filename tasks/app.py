"""The Celery application. Everything about it stands in celeryconfig.py."""

from celery import Celery

from tasks.base import PipelineTask

app = Celery(
    "connector",
    config_source="celeryconfig",
    include=["tasks.chain", "tasks.schedule", "tasks.signals"],
    task_cls=PipelineTask,
)
