"""Rules for what people type: email addresses, names, passwords, timezones, languages.

Each takes the text and the pointer of the field it came from, and returns it as it is stored.
"""

import unicodedata
from functools import cache
from typing import Final
from zoneinfo import available_timezones

from email_validator import EmailNotValidError, validate_email

from towpath.accounts.model import BadEmail, BadLocale, BadName, BadPassword, BadTimezone
from towpath.kit.texts import LOCALES

EMAIL_CHARACTERS_MAX: Final = 254
NAME_CHARACTERS_MAX: Final = 200
PASSWORD_CHARACTERS_MIN: Final = 10
PASSWORD_CHARACTERS_MAX: Final = 1_000


def read_email(text: str, *, pointer: str | None = None) -> str:
    """Return the address case-folded; raises `BadEmail`.

    A domain need not be public: `owner@intranet` is fine on one's own server.
    """
    if len(text) > EMAIL_CHARACTERS_MAX:
        raise BadEmail(pointer=pointer)
    try:
        valid = validate_email(
            text.strip(),
            check_deliverability=False,  # signing in needs no mail, and the network may be closed
            globally_deliverable=False,
            test_environment=True,  # lets addresses under .test pass, which reach nobody
        )
    except EmailNotValidError:
        raise BadEmail(pointer=pointer) from None
    return valid.normalized.casefold()


def read_name(text: str, *, pointer: str | None = None) -> str:
    """Return a name without outer spaces; raises `BadName` when empty, too long or not one line.

    Names stand in mail headers, where a line break would start a header of the writer's choice.
    """
    name = text.strip()
    if not name:
        raise BadName("A name must not be empty.", pointer=pointer)
    if len(name) > NAME_CHARACTERS_MAX:
        raise BadName(f"A name may have {NAME_CHARACTERS_MAX} characters.", pointer=pointer)
    if any(unicodedata.category(letter) in {"Cc", "Zl", "Zp"} for letter in name):
        raise BadName("A name must be one line without control characters.", pointer=pointer)
    return name


def check_password(password: str, *, email: str, pointer: str | None = None) -> None:
    """Raise `BadPassword` saying which rule a new password breaks."""
    if len(password) < PASSWORD_CHARACTERS_MIN:
        raise BadPassword(
            f"A password has at least {PASSWORD_CHARACTERS_MIN} characters.", pointer=pointer
        )
    if len(password) > PASSWORD_CHARACTERS_MAX:
        raise BadPassword(
            f"A password has at most {PASSWORD_CHARACTERS_MAX} characters.", pointer=pointer
        )
    if password.strip().casefold() in {email, email.partition("@")[0]}:
        raise BadPassword("The password must not be the email address.", pointer=pointer)


def read_timezone(text: str, *, pointer: str | None = None) -> str:
    """Return an IANA timezone name; raises `BadTimezone`."""
    if text not in _timezones():
        raise BadTimezone(pointer=pointer)
    return text


def read_locale(text: str, *, pointer: str | None = None) -> str:
    """Return a language the texts exist in; raises `BadLocale`."""
    if text not in LOCALES:
        raise BadLocale(f"The language must be one of {', '.join(LOCALES)}.", pointer=pointer)
    return text


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones())
