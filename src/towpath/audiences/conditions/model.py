"""What a condition tree is, before and apart from what each kind of condition means."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, Self

from sqlalchemy import ColumnElement

from towpath.audiences.conditions.scope import Scope
from towpath.audiences.conditions.words import Words
from towpath.kit.errors import Invalid


class Place(StrEnum):
    """Where a filter stands; it decides which kinds of condition may be in it (api.md §6)."""

    FLOW_PROFILE_FILTER = "flow_profile_filter"
    ADDITIONAL_FILTER = "additional_filter"
    CONDITIONAL_SPLIT = "conditional_split"
    BRANCH = "branch"
    TRIGGER_FILTER = "trigger_filter"
    TRIGGER_SPLIT = "trigger_split"
    SEGMENT = "segment"


class NotCarriedOut(Invalid):
    """This filter holds conditions that are kept but not carried out; remove or replace them."""

    code = "unsupported_condition"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsupported:
    """A part that is kept verbatim but cannot be carried out."""

    pointer: str
    what: str


class ReferenceKind(StrEnum):
    """What a condition refers to by id. Lists and segments share one kind: groups of people."""

    METRIC = "metric"
    GROUP = "group"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One id in a filter, by its JSON pointer."""

    kind: ReferenceKind
    id: str
    pointer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Regex:
    """One regular expression in a filter, in PostgreSQL's dialect, for PostgreSQL to check."""

    pattern: str
    pointer: str


class Condition(Protocol):
    """One statement about a person, or about the event that started their run."""

    def compile(self, scope: Scope) -> ColumnElement[bool]:
        """Return SQL that is true or false, never null."""
        ...

    def describe(self, words: Words) -> str:
        """Say it as part of a sentence."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptVerbatim:
    """A condition of which some part is not carried out; `Findings.unsupported` says which."""

    type: str

    def compile(self, _scope: Scope) -> ColumnElement[bool]:
        """Raise `NotCarriedOut`: a guess would send messages to the wrong people."""
        raise NotCarriedOut

    def describe(self, words: Words) -> str:
        """Name it, since its meaning is not known."""
        return words.say("an unsupported condition ({type})", type=self.type)


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What reading a filter came across, each with its JSON pointer."""

    unsupported: tuple[Unsupported, ...] = ()
    references: tuple[Reference, ...] = ()
    regexes: tuple[Regex, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionGroups:
    """A filter: every group must hold, and a group holds when any of its conditions does."""

    groups: tuple[tuple[Condition, ...], ...]
    document: Mapping[str, object] = field(hash=False)
    findings: Findings = field(default=Findings(), compare=False)

    @classmethod
    def everybody(cls) -> Self:
        """Return the filter without groups, which everybody passes."""
        return cls(groups=(), document={"condition_groups": []})

    def to_json(self) -> dict[str, object]:
        """Return the document this was read from, unknown keys included, as a copy."""
        return copy.deepcopy(dict(self.document))

    def unsupported(self) -> tuple[Unsupported, ...]:
        """Return the parts that keep this filter from being carried out."""
        return self.findings.unsupported

    def references(self) -> tuple[Reference, ...]:
        """Return the ids of metrics and groups that carried-out conditions name."""
        return self.findings.references

    def regexes(self) -> tuple[Regex, ...]:
        """Return the regular expressions; whoever saves the filter has PostgreSQL check them."""
        return self.findings.regexes
