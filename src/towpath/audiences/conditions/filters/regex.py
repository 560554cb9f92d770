"""Regular expressions: PostgreSQL's dialect is what runs, so it is the one a filter is written in.

What is refused here is what PostgreSQL would accept and then take seconds over, or read otherwise
than the dialect a definition was written for. Whether a pattern is well formed, PostgreSQL itself
says (`check_regexes`).
"""

import re
from typing import Final

from towpath.audiences.conditions.limits import REGEX_CHARACTERS_MAX
from towpath.audiences.conditions.model import Regex
from towpath.audiences.conditions.reading import Fields

EXPANDED_ATOMS_MAX: Final = 2_000
"""Atoms of a pattern with its counted repetitions written out: `(ab){3}` has six."""

_TOKEN = re.compile(
    r"(?P<escape>\\.)"
    r"|(?P<set>\[\^?\]?(?:\\.|\[[:.=].*?[:.=]\]|[^\]\\])*\])"
    r"|(?P<open>\((?:\?(?:<?[=!]|:))?)"
    r"|(?P<close>\))"
    r"|\{(?P<least>\d{1,9})(?:,(?P<most>\d{0,9}))?\}"
    r"|(?P<other>.)",
    re.DOTALL,
)


def read_regex(fields: Fields) -> str | None:
    """Read the regular expression at `value`, for `check_regexes` to check later."""
    pattern = fields.text("value", characters_max=REGEX_CHARACTERS_MAX)
    if pattern is None:
        return None
    if pattern.startswith("***"):
        fields.refuse("value", "A pattern does not start with `***`; remove it.")
        return None
    tokens = list(_TOKEN.finditer(pattern))
    escapes = {token["escape"][1] for token in tokens if token["escape"]}
    if escapes & set("123456789"):
        fields.refuse("value", "Back references such as `\\1` are too slow; write the text out.")
        return None
    if _expanded_atoms(tokens) > EXPANDED_ATOMS_MAX:
        fields.refuse("value", "The repetition counts of this pattern are too high; lower them.")
        return None
    if escapes & {"b", "B"}:
        fields.keep("value", "`\\b` or `\\B` in a pattern (a word boundary is `\\y` here)")
        return None
    fields.reading.regexes.append(Regex(pattern=pattern, pointer=fields.at("value")))
    return pattern


def _expanded_atoms(tokens: list[re.Match[str]]) -> int:
    """Count the atoms of a pattern after writing its counted repetitions out."""
    groups, last = [0], 0
    for token in tokens:
        if token["open"]:
            groups.append(0)
            last = 0
        elif token["close"] and len(groups) > 1:
            last = max(groups.pop(), 1)
            groups[-1] += last
        elif token["least"]:
            times = max(int(token["least"]), int(token["most"] or 0), 1)
            groups[-1] += last * (times - 1)
            last *= times
        elif token["other"] not in {"*", "+", "?"}:
            last = 1
            groups[-1] += last
    return sum(groups)
