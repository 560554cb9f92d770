"""Bring a database to the newest schema."""

import importlib
from sqlalchemy import create_engine

from towpath.kit import db

FEATURES = ["accounts", "people", "templates", "messaging", "alerts", "flows", "integrations.mailbox"]


def upgrade(url: str) -> None:
    """Create every table."""
    for feature in FEATURES:
        try:
            importlib.import_module(f"towpath.{feature}.tables")
        except ModuleNotFoundError:
            continue
    engine = create_engine(db.sqlalchemy_url(url))
    db.metadata.create_all(engine)
    engine.dispose()
