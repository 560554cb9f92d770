"""Plain data as a template sees it: keys and positions, texts and numbers, and nothing callable."""

import math
from collections.abc import Mapping
from datetime import date
from decimal import Context, Decimal, InvalidOperation
from typing import Final

from towpath.templates.model import TemplateRenderError
from towpath.templates.render_limits import (
    CHARACTERS_READ_PER_UNIT,
    INTEGER_BITS_MAX,
    ITEMS_READ_PER_UNIT,
    NUMBER_DIGITS_MAX,
    VALUE_CHARACTERS_MAX,
    VALUE_DEPTH_MAX,
    Budget,
)


class _Missing:
    """The type of `MISSING`: a name that the data does not have."""

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing()
INDEX_DIGITS_MAX = 6
INTEGER_BITS_SHOWN_MAX = 8_192

# Numbers are read, added and multiplied in this context, so no chain of filters grows one.
ARITHMETIC = Context(prec=34)


def step(value: object, key: str) -> object:
    """Take one step into plain data: a key of a mapping, a position of a list or text.

    Attributes and methods do not exist here: `{{ person.items }}` is the key `items` or missing.
    """
    if isinstance(value, dict | Mapping):
        return value.get(key, MISSING)
    if isinstance(value, list | tuple | str) and key.isdecimal() and len(key) <= INDEX_DIGITS_MAX:
        index = int(key)
        return value[index] if index < len(value) else MISSING
    return MISSING


def as_text(value: object, budget: Budget) -> str:
    """Write a value as a reader expects it: nothing for a missing one, numbers without exponent."""
    text = ""
    if isinstance(value, str):
        text = value
    elif isinstance(value, int):
        text = _integer_text(value)
    elif isinstance(value, float):
        text = _float_text(value)
    elif isinstance(value, Decimal):
        text = format(value, "f")
    elif isinstance(value, date):
        text = str(value)
    elif isinstance(value, list | tuple | dict):
        weigh(value, budget)
        text = repr(value)
    return text


def as_number(value: object) -> Decimal | None:
    """Read a number, or a text that holds one; None for anything else and for endless ones."""
    try:
        if isinstance(value, bool):
            number = Decimal(int(value))
        elif isinstance(value, int) and value.bit_length() <= INTEGER_BITS_MAX:
            number = Decimal(value)
        elif isinstance(value, float):
            number = Decimal(repr(value))
        elif isinstance(value, str) and len(value) <= 2 * NUMBER_DIGITS_MAX:
            number = Decimal(value.strip())
        elif isinstance(value, Decimal):
            number = value
        else:
            return None
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) > NUMBER_DIGITS_MAX:
        return None
    return ARITHMETIC.plus(number)


def as_integer(value: object) -> int | None:
    """Read a whole number; a fraction is cut off."""
    number = as_number(value)
    return None if number is None else int(number)


def weigh(value: object, budget: Budget) -> None:
    """Pay for reading a list or mapping all the way down.

    Raises `TemplateRenderError` when its texts are too long or it is nested too deeply.
    """
    characters = 0
    waiting: list[tuple[object, int]] = [(value, 0)]
    while waiting:
        item, depth = waiting.pop()
        if isinstance(item, str):
            characters += len(item)
            if characters > VALUE_CHARACTERS_MAX:
                raise too_long("A list or mapping of the template's data")
        elif isinstance(item, int):
            _integer_text(item)
        elif isinstance(item, list | tuple | dict):
            if depth >= VALUE_DEPTH_MAX:
                raise TemplateRenderError(
                    f"A value of the template's data is nested more than {VALUE_DEPTH_MAX} deep."
                )
            budget.work(1 + len(item) // ITEMS_READ_PER_UNIT)
            below = [*item.keys(), *item.values()] if isinstance(item, dict) else item
            waiting += [(inner, depth + 1) for inner in below]
    budget.work(characters // CHARACTERS_READ_PER_UNIT)


def is_same(left: object, right: object, budget: Budget) -> bool:
    """Compare two values; texts, lists and mappings are paid for by their size."""
    if isinstance(left, list | tuple | dict) and isinstance(right, list | tuple | dict):
        weigh(left, budget)
        weigh(right, budget)
    elif isinstance(left, str) and isinstance(right, str):
        budget.work(min(len(left), len(right)) // CHARACTERS_READ_PER_UNIT)
    return bool(left == right)


def too_long(what: str) -> TemplateRenderError:
    """Say that a text is longer than filters take."""
    return TemplateRenderError(f"{what} is longer than {VALUE_CHARACTERS_MAX:,} characters.")


def _integer_text(value: int) -> str:
    if value.bit_length() > INTEGER_BITS_SHOWN_MAX:
        raise TemplateRenderError("A number of the template's data has too many digits.")
    return str(value)


def _float_text(value: float) -> str:
    if not math.isfinite(value):
        return ""
    text = repr(value)
    return format(Decimal(text), "f") if "e" in text else text
