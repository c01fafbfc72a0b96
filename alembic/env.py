"""Migrations expand in one release and contract in the next, so old and new code may run side by side meanwhile."""

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from alembic import context
from connector import settings

# A migration that cannot get its lock gives up, rather than queueing every other statement behind it.
LOCK_TIMEOUT = "5s"


def url() -> str:
    return context.config.get_main_option("sqlalchemy.url") or settings.load().database_url


def run() -> None:
    with create_engine(url(), poolclass=NullPool).connect() as database:
        database.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        database.commit()
        context.configure(connection=database, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()


run()
