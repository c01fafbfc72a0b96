"""A worker process of its own, for tests that kill it: `-m tests.pipeline.worker DATABASE CA HOSTS CONNECTION`."""

import sys

from connector.outbound.session import Outbound
from connector.pipeline import stages
from connector.pipeline.runtime import Runtime
from connector.store.engine import Database
from connector.vault import Vault
from tests.conftest import KEY


def main(database: str, ca: str, hosts: str, connection_id: str) -> None:
    """One chain for one connection, over real sockets."""
    outbound = Outbound(trusted_hosts=frozenset(hosts.split(",")), ca_bundle=ca)
    runtime = Runtime(Database(database), Vault([KEY]), outbound, quiet_seconds=0)
    for stage in stages.CHAIN:
        stages.run(runtime, stage, int(connection_id), seconds=60)


if __name__ == "__main__":
    main(*sys.argv[1:])
