"""Runs the migrations on the database whose URL the caller gives."""

from alembic import context
from sqlmodel import SQLModel

import duecourse.models  # noqa: F401  (declares the tables)
from duecourse.models.database import connect

engine = connect(context.config.attributes["url"]).execution_options(begin_immediate=True)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=SQLModel.metadata, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
