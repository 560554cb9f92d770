"""`multi-branch-split`: the first branch in order whose conditions hold, else the `is_else` one."""

from dataclasses import dataclass

from towpath.audiences.conditions import ConditionGroups, Place
from towpath.flows.definition.filters import read_filter
from towpath.flows.definition.limits import BRANCHES_MAX
from towpath.flows.definition.reading import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One way out; the action's link `branch:<branch_id>` says where it leads."""

    branch_id: str
    is_else: bool
    branch_filter: ConditionGroups | None
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiBranchSplit:
    """The branches in the order in which they are judged, the `is_else` one last."""

    branches: tuple[Branch, ...]
    name: str | None


def read(fields: Fields) -> MultiBranchSplit:
    """Read the `data` of a multi-branch split."""
    fields.require("branches")
    each = fields.parts("branches", count_max=BRANCHES_MAX)
    ordered = sorted(
        ((_read_order(one, place), _read_branch(one)) for place, one in enumerate(each)),
        key=lambda pair: (pair[1].is_else, pair[0]),
    )
    _refuse_repeats(each)
    if sum(branch.is_else for _, branch in ordered) > 1:
        fields.refuse("branches", "Only one branch may have `is_else` true; mend the others.")
    return MultiBranchSplit(
        branches=tuple(branch for _, branch in ordered), name=fields.text("name")
    )


def _read_order(fields: Fields, place: int) -> int:
    return fields.whole_number("order", default=place, maximum=1_000_000)


def _read_branch(fields: Fields) -> Branch:
    return Branch(
        branch_id=fields.required_text("branch_id"),
        is_else=fields.boolean("is_else", default=False),
        branch_filter=read_filter(fields, "branch_filter", Place.BRANCH),
        name=fields.text("name"),
    )


def _refuse_repeats(branches: tuple[Fields, ...]) -> None:
    seen: set[object] = set()
    for branch in branches:
        branch_id = branch.values.get("branch_id")
        if isinstance(branch_id, str) and branch_id in seen:
            branch.refuse("branch_id", "Another branch has the same `branch_id`; change one.")
        elif isinstance(branch_id, str):
            seen.add(branch_id)
