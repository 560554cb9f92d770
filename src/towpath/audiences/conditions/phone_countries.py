"""The country of a phone number, decided in SQL exactly as the library phonenumbers decides it.

A calling code that one country has settles it. Where several share one (+1, +7, +44 …), the
library goes through them in a fixed order and takes the first whose leading digits, or whose
numbering plan, match; its patterns are plain enough to be PostgreSQL's too.
"""

from collections.abc import Iterator, Sequence
from functools import cache

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE
from phonenumbers.phonemetadata import PhoneMetadata, PhoneNumberDesc
from sqlalchemy import ColumnElement, Text, and_, case, false, literal, or_

from towpath.audiences.conditions.reading import Fields, named

E164 = r"^\+[1-9][0-9]{6,14}$"
"""Any other text is not a phone number, so of no country."""


def is_number_of(text: ColumnElement[str], countries: Sequence[str]) -> ColumnElement[bool]:
    """Return whether `text`, in E.164, is a number of one of `countries`; null for a null text."""
    codes = sorted({_calling_codes()[country] for country in countries})
    is_number = text.regexp_match(literal(E164, Text()))
    return and_(is_number, or_(*(_is_of(text, code, countries) for code in codes)))


def read_countries(fields: Fields, key: str) -> tuple[str, ...] | None:
    """Read an array of ISO 3166-1 country codes that have a calling code."""
    countries = fields.texts(key)
    for index, country in enumerate(countries or ()):
        if country not in _calling_codes():
            detail = f"{named(country)} is not a country; use its ISO 3166-1 code, such as DE."
            fields.reading.refuse(f"{fields.at(key)}/{index}", detail)
    return countries


def _is_of(text: ColumnElement[str], code: int, countries: Sequence[str]) -> ColumnElement[bool]:
    """Return whether a number has this calling code and is of one of `countries`."""
    has_code = text.startswith(f"+{code}", autoescape=True)
    sharing = COUNTRY_CODE_TO_REGION_CODE[code]
    if len(sharing) == 1:
        return has_code
    last = max(sharing.index(country) for country in countries if country in sharing)
    in_order = [
        (text.regexp_match(literal(_pattern(code, country), Text())), literal(country in countries))
        for country in sharing[: last + 1]
    ]
    return and_(has_code, case(*in_order, else_=false()))


@cache
def _calling_codes() -> dict[str, int]:
    return {
        country: code
        for code, countries in COUNTRY_CODE_TO_REGION_CODE.items()
        for country in countries
        if country.isalpha()
    }


@cache
def _pattern(code: int, country: str) -> str:
    """Return the pattern of the E.164 numbers that match the plan of `country`."""
    plan = PhoneMetadata.metadata_for_region(country)
    assert plan is not None
    assert plan.general_desc is not None
    if plan.leading_digits is not None:
        return rf"^\+{code}(?:{plan.leading_digits})"
    kinds = "|".join(_kind(kind) for kind in _kinds(plan))
    return rf"^\+{code}(?={_kind(plan.general_desc)}$)(?:{kinds})$"


def _kinds(plan: PhoneMetadata) -> Iterator[PhoneNumberDesc]:
    """Yield the kinds of number a plan has, as the library's `_number_type_helper` tries them."""
    kinds = (
        plan.premium_rate,
        plan.toll_free,
        plan.shared_cost,
        plan.voip,
        plan.personal_number,
        plan.pager,
        plan.uan,
        plan.voicemail,
        plan.fixed_line,
        plan.mobile,
    )
    return (kind for kind in kinds if kind is not None and kind.national_number_pattern)


def _kind(kind: PhoneNumberDesc) -> str:
    pattern = f"(?:{kind.national_number_pattern})"
    if not kind.possible_length:
        return pattern
    lengths = "|".join(f"[0-9]{{{length}}}" for length in kind.possible_length)
    return f"(?=(?:{lengths})$){pattern}"
