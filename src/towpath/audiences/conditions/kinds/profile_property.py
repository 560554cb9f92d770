"""`profile-property`: a property of the profile as it is now."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement

from towpath.audiences.conditions.filters import Filter, read_filter
from towpath.audiences.conditions.property_path import PropertyPath, read_property_path
from towpath.audiences.conditions.reading import Fields
from towpath.audiences.conditions.scope import Scope
from towpath.audiences.conditions.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileProperty:
    """A filter on one property of the profile."""

    property: PropertyPath
    filter: Filter

    def compile(self, scope: Scope) -> ColumnElement[bool]:
        """Return SQL that is true or false, never null."""
        return self.filter.compile(self.property.value(scope), scope)

    def describe(self, words: Words) -> str:
        """Say it as part of a sentence."""
        return self.filter.describe(self.property.describe(words), words)


def read_profile_property(fields: Fields) -> ProfileProperty | None:
    """Read a profile-property condition."""
    path, filter_ = read_property_path(fields), read_filter(fields, "filter")
    if path is None or filter_ is None:
        return None
    return ProfileProperty(property=path, filter=filter_)
