"""fetch → map → post → acknowledge, for one connection. A duplicate of any of them costs a query."""

from connector.pipeline import stages
from connector.pipeline.stages import StageName
from tasks.app import app
from tasks.base import runtime
from tasks.wake import wake_if_due


@app.task(name="tasks.chain.fetch")
def fetch(connection_id: int) -> None:
    stages.run(runtime(), StageName.FETCH, connection_id)


@app.task(name="tasks.chain.map")
def map_(connection_id: int) -> None:
    stages.run(runtime(), StageName.MAP, connection_id)


@app.task(name="tasks.chain.post")
def post(connection_id: int) -> None:
    stages.run(runtime(), StageName.POST, connection_id)


@app.task(name="tasks.chain.acknowledge")
def acknowledge(connection_id: int) -> None:
    stages.run(runtime(), StageName.ACKNOWLEDGE, connection_id)
    # The end of the chain: whatever is due soon is not left to the next sweep.
    wake_if_due(runtime(), connection_id)
