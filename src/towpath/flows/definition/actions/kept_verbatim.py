"""Actions that are kept as they came: types this product does not carry out, and unknown ones."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptVerbatim:
    """An action of which only the type, the links and the status mean something here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotConfigured:
    """An action of a known type whose `data` is null: placed, but not filled in yet."""
