"""One written form per identifier, so that equal people are equal texts."""

from functools import lru_cache

import email_validator
import phonenumbers

from towpath.people.model import (
    EMAIL_CHARACTERS_MAX,
    EXTERNAL_ID_CHARACTERS_MAX,
    PHONE_NUMBER_CHARACTERS_MAX,
    InvalidProfile,
)

REMEMBERED_MAX = 20_000


def normalised_email(text: str) -> str:
    """Return an e-mail address in lower case.

    Only the form is judged, nothing is looked up. Raises `InvalidProfile`.
    """
    address = _email(text) if len(text) <= EMAIL_CHARACTERS_MAX else None
    if address is None:
        raise InvalidProfile(
            "Invalid email address; give one address in the form name@example.com.",
            pointer="/email",
        )
    return address


def normalised_phone_number(text: str) -> str:
    """Return a phone number in E.164 form, e.g. +15005550006. Raises `InvalidProfile`."""
    number = _phone_number(text) if len(text) <= PHONE_NUMBER_CHARACTERS_MAX else None
    if number is None:
        raise InvalidProfile(
            "Invalid phone number; give it in E.164 format with the country code, "
            "e.g. +15005550006.",
            pointer="/phone_number",
        )
    return number


def normalised_external_id(text: str) -> str:
    """Return an external id without the space around it. Raises `InvalidProfile`."""
    external_id = text.strip()
    if not 0 < len(external_id) <= EXTERNAL_ID_CHARACTERS_MAX:
        raise InvalidProfile(
            f"An external id has 1 to {EXTERNAL_ID_CHARACTERS_MAX} characters.",
            pointer="/external_id",
        )
    return external_id


@lru_cache(REMEMBERED_MAX)
def _email(text: str) -> str | None:
    try:
        checked = email_validator.validate_email(
            text.strip(),
            check_deliverability=False,
            test_environment=True,  # .test is reserved for tests, and tests write to it
        )
    except email_validator.EmailNotValidError:
        return None
    return checked.normalized.lower()


@lru_cache(REMEMBERED_MAX)
def _phone_number(text: str) -> str | None:
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number) or number.extension:
        return None
    written: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return written
