"""What a process is given once at its start and hands to whatever it runs."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from towpath.kit.config import Settings
from towpath.kit.secrets import SecretKeys


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """Database, settings and keys of this process."""

    engine: AsyncEngine
    settings: Settings
    keys: SecretKeys
