"""JSON values as a person reads them: short, in their language, never longer than a few lines."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any, Final

from babel.core import Locale
from babel.numbers import format_currency, format_decimal, is_currency

from towpath.kit.texts import Texts

PROPERTIES_SHOWN_MAX: Final = 100
TEXT_CHARACTERS_MAX: Final = 500
NAME_CHARACTERS_MAX: Final = 100
LIST_ITEMS_MAX: Final = 20
AMOUNT_MAX: Final = 1e15
NOTHING: Final = "–"  # noqa: RUF001 -- an en dash: the cell is empty on purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Readable:
    """A value as text; `is_json` for one that is only readable as JSON."""

    text: str
    is_json: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadableProperties:
    """Properties by name in the order of the alphabet, and how many more there are."""

    shown: tuple[tuple[str, Readable], ...]
    hidden_count: int


def readable_properties(properties: Mapping[str, Any], *, words: Texts) -> ReadableProperties:
    """Return the first `PROPERTIES_SHOWN_MAX` properties as text."""
    names = sorted(properties, key=lambda name: (name.casefold(), name))
    return ReadableProperties(
        shown=tuple(
            (_short(name, NAME_CHARACTERS_MAX), readable(properties[name], words=words))
            for name in names[:PROPERTIES_SHOWN_MAX]
        ),
        hidden_count=max(0, len(names) - PROPERTIES_SHOWN_MAX),
    )


def readable(value: Any, *, words: Texts) -> Readable:
    """Return a JSON value as text of at most `TEXT_CHARACTERS_MAX` and an ellipsis."""
    if isinstance(value, dict) or (
        isinstance(value, list) and any(isinstance(item, dict | list) for item in value)
    ):
        written = json.dumps(value, ensure_ascii=False)
        return Readable(text=_short(written, TEXT_CHARACTERS_MAX), is_json=True)
    if isinstance(value, list):
        shown = ", ".join(_scalar(item, words) for item in islice(value, LIST_ITEMS_MAX))
        more = len(value) - LIST_ITEMS_MAX
        text = f"{shown}, … (+{more})" if more > 0 else shown or NOTHING
        return Readable(text=_short(text, TEXT_CHARACTERS_MAX))
    return Readable(text=_short(_scalar(value, words), TEXT_CHARACTERS_MAX))


def readable_amount(value: Any, currency: Any, *, words: Texts) -> str | None:
    """Return the value of an event, as money when its currency is one; None when it has none."""
    if value is None:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or abs(value) > AMOUNT_MAX:
        return readable(value, words=words).text
    locale, exact = Locale.parse(words.locale), Decimal(repr(value))
    if isinstance(currency, str) and is_currency(currency.upper()):
        return format_currency(exact, currency.upper(), locale=locale)
    return format_decimal(exact, locale=locale, decimal_quantization=False)


def _scalar(value: Any, words: Texts) -> str:
    match value:
        case None | "":
            return NOTHING
        case bool():
            return words.gettext("Yes") if value else words.gettext("No")
        case float() if value.is_integer() and abs(value) < AMOUNT_MAX:
            return str(int(value))
        case _:
            return str(value)


def _short(text: str, characters_max: int) -> str:
    return text if len(text) <= characters_max else text[:characters_max] + "…"
