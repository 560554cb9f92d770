"""Ann, and how tests read her page."""

import html
import re
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from tests.application import Person
from tests.conftest import NOW
from towpath import people
from towpath.kit import ids

HTML = {"Accept": "text/html"}
ANN = "ann@mail.example"


def path_of(profile_id: UUID) -> str:
    return f"/people/{ids.to_base32(profile_id)}"


async def set_up(engine: AsyncEngine, account_id: UUID, **values: Any) -> UUID:
    """Make Ann, or change her."""
    draft = people.profile_draft({"email": ANN, **values})
    async with engine.begin() as conn:
        [made] = await people.upsert_profiles(conn, account_id=account_id, drafts=[draft], now=NOW)
    return made.profile_id


async def read(person: Person, profile_id: UUID, **headers: str) -> str:
    """Return the page as text."""
    response = await person.client.get(path_of(profile_id), headers=HTML | headers)
    assert response.status_code == 200
    return response.text


def words_of(page: str) -> str:
    """Return what a reader reads: without tags, each run of blanks as one."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())
