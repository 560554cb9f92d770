"""Filters on numbers. Sums are exact; results show a decimal point, as the source's do."""

from collections.abc import Callable
from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_HALF_UP,
    Context,
    Decimal,
)
from functools import reduce

from django.template import defaultfilters as django_filters

from towpath.templates.filters.model import Argument, Filter, Kind, places_problem
from towpath.templates.render_limits import DECIMAL_PLACES_MAX, NUMBER_DIGITS_MAX
from towpath.templates.render_values import ARITHMETIC, as_integer, as_number

FLOATFORMAT_SUFFIXES = "gu"

# Wide enough to round any number that `as_number` reads to any number of places allowed.
ROUNDING = Context(prec=2 * NUMBER_DIGITS_MAX + DECIMAL_PLACES_MAX)


def _floatadd(value: Decimal, argument: Decimal) -> float:
    return float(ARITHMETIC.add(value, argument))


def _floatsub(value: Decimal, argument: Decimal) -> float:
    return float(ARITHMETIC.subtract(value, argument))


def _multiply(value: object, argument: object) -> float:
    """Multiply; what is not a number counts as nothing, as in the reference product."""
    left, right = as_number(value), as_number(argument)
    return 0.0 if left is None or right is None else float(ARITHMETIC.multiply(left, right))


def _divide(value: Decimal, argument: Decimal) -> float:
    return float(ARITHMETIC.divide(value, argument))


def _modulo(value: Decimal, argument: Decimal) -> float:
    rest = ARITHMETIC.remainder(value, argument)
    return float(rest + argument if rest and (rest < 0) != (argument < 0) else rest)


def _abs(value: object) -> object:
    number = as_number(value)
    if number is None:
        return ""
    return abs(value) if isinstance(value, int) else float(abs(number))


def _at_least(value: object, argument: object) -> object:
    left, right = as_number(value), as_number(argument)
    if left is None or right is None:
        return ""
    return value if left >= right else argument


def _at_most(value: object, argument: object) -> object:
    left, right = as_number(value), as_number(argument)
    if left is None or right is None:
        return ""
    return value if left <= right else argument


def _ceil(value: Decimal) -> float:
    return float(_rounded(value, 0, ROUND_CEILING))


def _floor(value: Decimal) -> float:
    return float(_rounded(value, 0, ROUND_FLOOR))


def _round(value: Decimal, places: int = 0) -> float:
    return float(_rounded(value, places, ROUND_HALF_UP))


def _round_up(value: Decimal, places: int = 0) -> float:
    return float(_rounded(value, places, ROUND_CEILING))


def _round_down(value: Decimal, places: int = 0) -> float:
    return float(_rounded(value, places, ROUND_FLOOR))


def _percentize(value: Decimal, places: int = 0) -> str:
    return f"{_rounded(value.scaleb(2, ARITHMETIC), places, ROUND_HALF_UP):f}%"


def _floatformat(value: Decimal, argument: str = "-1") -> str:
    """Django's rule: a negative number of places shows them only when there is something to show.

    The suffix `g` groups thousands with commas; `u` changes nothing here.
    """
    digits = argument.rstrip(FLOATFORMAT_SUFFIXES)
    places = int(digits or "-1")
    rounded = _rounded(value, abs(places), ROUND_HALF_UP)
    if places <= 0 and value == value.to_integral_value():
        rounded = _rounded(value, 0, ROUND_HALF_UP)
    if not rounded:
        rounded = abs(rounded)
    return f"{rounded:,f}" if "g" in argument[len(digits) :] else f"{rounded:f}"


def _floatformat_problem(argument: object) -> str | None:
    digits = argument.rstrip(FLOATFORMAT_SUFFIXES) if isinstance(argument, str) else argument
    return places_problem(digits)


def _rounded(value: Decimal, places: int, rounding: str) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), rounding=rounding, context=ROUNDING)


def _divisibleby(value: Decimal, argument: Decimal) -> bool:
    return int(value) % int(argument) == 0


def _get_digit(value: object, argument: object) -> object:
    number, position = as_integer(value), as_integer(argument)
    if number is None or position is None or position < 1:
        return value
    digits = str(abs(number))
    return int(digits[-position]) if position <= len(digits) else 0


def _sum_list(value: list[object]) -> float:
    numbers = (as_number(item) or Decimal(0) for item in value)
    return float(reduce(ARITHMETIC.add, numbers, Decimal(0)))


def _filesizeformat(value: Decimal) -> object:
    return django_filters.filesizeformat(int(value))


def _of_two(function: Callable[[Decimal, Decimal], object]) -> Filter:
    return Filter(
        function=function,
        reads=Kind.NUMBER,
        argument=Argument.REQUIRED,
        argument_reads=Kind.NUMBER,
    )


def _to_places(function: Callable[..., object]) -> Filter:
    return Filter(
        function=function,
        reads=Kind.NUMBER,
        argument=Argument.OPTIONAL,
        argument_reads=Kind.INTEGER,
        problem=places_problem,
    )


def _of_any(function: Callable[..., object], argument: Argument = Argument.REQUIRED) -> Filter:
    return Filter(function=function, reads=Kind.ANY, argument=argument, argument_reads=Kind.ANY)


_PLUS = _of_two(_floatadd)
_MINUS = _of_two(_floatsub)
_MODULO = _of_two(_modulo)

FILTERS: dict[str, Filter] = {
    "abs": _of_any(_abs, Argument.NONE),
    "at_least": _of_any(_at_least),
    "at_most": _of_any(_at_most),
    "ceil": Filter(function=_ceil, reads=Kind.NUMBER),
    "divide": _of_two(_divide),
    "divisibleby": _of_two(_divisibleby),
    "filesizeformat": Filter(function=_filesizeformat, reads=Kind.NUMBER),
    "floatadd": _PLUS,
    "floatformat": Filter(
        function=_floatformat,
        reads=Kind.NUMBER,
        argument=Argument.OPTIONAL,
        problem=_floatformat_problem,
    ),
    "floatsub": _MINUS,
    "floor": Filter(function=_floor, reads=Kind.NUMBER),
    "get_digit": _of_any(_get_digit),
    "gt": _of_two(Decimal.__gt__),
    "gte": _of_two(Decimal.__ge__),
    "lt": _of_two(Decimal.__lt__),
    "lte": _of_two(Decimal.__le__),
    "minus": _MINUS,
    "modulo": _MODULO,
    "multiply": _of_any(_multiply),
    "percentize": _to_places(_percentize),
    "plus": _PLUS,
    "remainder": _MODULO,
    "round": _to_places(_round),
    "round_down": _to_places(_round_down),
    "round_up": _to_places(_round_up),
    "sum_list": Filter(function=_sum_list, reads=Kind.LIST),
}
