"""Audiences: who is meant. Conditions say it of one person; lists and segments of many."""

from towpath.audiences import conditions

__all__ = ["conditions"]
