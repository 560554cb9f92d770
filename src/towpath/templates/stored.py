"""A template that is kept under an id, and what can be wrong with saving one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from towpath.kit.errors import Conflict, Invalid, NotFound

NAME_CHARACTERS_MAX: Final = 200
ID_CHARACTERS_MAX: Final = 64


class EditorType(StrEnum):
    """What a template is edited with (spec/api.md, Template)."""

    CODE = "CODE"
    USER_DRAGGABLE = "USER_DRAGGABLE"
    SYSTEM_DRAGGABLE = "SYSTEM_DRAGGABLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateDraft:
    """What a person writes; every part that is there must compile."""

    name: str
    editor_type: EditorType
    html: str | None
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTemplate:
    """A template in a list: without its content, which may be large."""

    id: str
    name: str
    editor_type: EditorType
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTemplate(ListedTemplate):
    """A template of an account. Messages use it as it is when they are sent."""

    html: str | None
    text: str | None


class TemplateUse(Protocol):
    """Knows where templates are used; flows implement it and wiring hands it over."""

    async def alerts_using(
        self, conn: AsyncConnection, *, account_id: UUID, template_id: str
    ) -> Sequence[str]:
        """Return the names of the alerts whose content is this template, for a message."""


class TemplateNotFound(NotFound):
    """There is no template with this id in this account."""

    code = "template_not_found"


class TemplateExists(Conflict):
    """A template with this id exists already; change that one, or choose another id."""

    code = "template_exists"


class TemplateInUse(Conflict):
    """Alerts use this template; give them other content first."""

    code = "template_in_use"


class TemplateInvalid(Invalid):
    """The template is not valid."""

    code = "template_invalid"
