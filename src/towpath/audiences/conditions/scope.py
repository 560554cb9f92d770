"""The SQL side of a judgement: about whom, about which event, at what time."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What conditions are compiled against, inside whatever statement.

    `profile` and `event` are aliases of the tables of people (or stand-ins with their columns)
    that the statement joins; `event` is the one that started the run, None where there is none.
    `started_at` is when the run started, None outside flows. `now` is the instant of the judgement:
    events after it are not seen, and relative dates count from it.
    """

    account_id: UUID | ColumnElement[UUID]
    profile: FromClause
    now: ColumnElement[datetime]
    event: FromClause | None = None
    started_at: ColumnElement[datetime] | None = None
