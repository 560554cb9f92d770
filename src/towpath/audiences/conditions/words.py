"""The words of a sentence about conditions: translated templates, names, dates and numbers."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal

from babel.dates import format_date, format_datetime, get_month_names
from babel.numbers import format_decimal
from babel.units import format_unit

_SHOWN_VALUES_MAX = 10
_DIGITS_SHOWN_MAX = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How to say things: `names` by id, `translate` a template, `locale` for dates and numbers."""

    names: Mapping[str, str]
    translate: Callable[[str], str]
    locale: str

    def say(self, template: str, **values: str) -> str:
        """Translate `template` and put the values in; braces in a value stay as they are."""
        return self.translate(template).format(**values)

    def name(self, id_: str) -> str:
        """Return the name behind an id, or the id when nobody knows it."""
        return self.quoted(self.names.get(id_, id_))

    def quoted(self, text: str) -> str:
        """Set a person's words apart from ours."""
        return self.say("“{text}”", text=text)

    def one_of(self, values: Iterable[str]) -> str:
        """List alternatives, the first few of them."""
        quoted = [self.quoted(value) for value in values]
        shown = quoted[:_SHOWN_VALUES_MAX]
        if len(shown) < len(quoted):
            more = self.number(Decimal(len(quoted) - len(shown)))
            shown.append(self.say("{count} more", count=more))
        return self.translate(", ").join(shown)

    def number(self, number: Decimal) -> str:
        """Write a number with all its digits, or in powers of ten when nobody would read them."""
        if abs(number.adjusted()) > _DIGITS_SHOWN_MAX:
            return str(number.normalize())
        return format_decimal(number, locale=self.locale, decimal_quantization=False)

    def duration(self, quantity: int, unit: str) -> str:
        """Write `10 days` with the plural of the language; `unit` is hour, day or week."""
        return str(format_unit(quantity, f"duration-{unit}", length="long", locale=self.locale))

    def instant(self, instant: datetime) -> str:
        """Write a UTC instant; its time of day only where there is one."""
        if instant.time() == time():
            return format_date(instant.date(), format="long", locale=self.locale)
        return self.say("{time} UTC", time=format_datetime(instant, "long", locale=self.locale))

    def month(self, month: int) -> str:
        """Write the name of a month, 1 to 12."""
        names = get_month_names("wide", context="stand-alone", locale=self.locale)
        return str(names[month])
