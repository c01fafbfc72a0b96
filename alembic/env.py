"""Migrations expand in one release and contract in the next, so old and new code may run side by side meanwhile."""

from alembic import context
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from connector import settings


def url() -> str:
    return context.config.get_main_option("sqlalchemy.url") or settings.load().database_url


def run() -> None:
    with create_engine(url(), poolclass=NullPool).connect() as database:
        # A migration that cannot get its lock gives up, rather than queueing every other statement behind it.
        patience = context.config.get_main_option("lock_timeout")
        database.execute(text("SELECT set_config('lock_timeout', :patience, false)"), {"patience": patience})
        # As `connector.store.engine`: these migrations know every form of write that there is.
        database.execute(text("SELECT set_config('connector.forms', 'known', false)"))
        database.commit()
        context.configure(connection=database, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()


run()
