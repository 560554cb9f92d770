"""What a list is, with its limits and errors."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from towpath.kit.errors import Conflict, Invalid, NotFound

LIST_NAME_CHARACTERS_MAX: Final = 255
LIST_ID_CHARACTERS_MAX: Final = 64


class OptInProcess(StrEnum):
    """Whether somebody who subscribes must first confirm it by a mail."""

    SINGLE_OPT_IN = "single_opt_in"
    DOUBLE_OPT_IN = "double_opt_in"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactList:
    """A list as stored."""

    id: str
    name: str
    opt_in_process: OptInProcess
    created_at: datetime
    updated_at: datetime


class ListNotFound(NotFound):
    """A list with this id does not exist."""


class ListIdTaken(Conflict):
    """A list with this id exists already, or did before it was deleted; use another id."""


class InvalidList(Invalid):
    """The list is not valid."""
