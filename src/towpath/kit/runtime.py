"""What a process is given once at its start and hands to whatever it runs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from towpath.kit.clock import utc_now
from towpath.kit.config import Settings
from towpath.kit.secrets import SecretKeys


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """Database, settings, keys and clock of this process."""

    engine: AsyncEngine
    settings: Settings
    keys: SecretKeys
    clock: Callable[[], datetime] = utc_now
