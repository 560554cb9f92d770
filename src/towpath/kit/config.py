"""Installation settings: read once from the environment (`TOWPATH_*`), then passed as a value.

docs/settings.md lists them; a test keeps the two equal. Settings of one account live in the
database, not here.
"""

import os
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from towpath.kit.errors import Invalid

PREFIX = "TOWPATH_"
NUMBER_MAX = 2**53
_NUMBER_KINDS: dict[object, str] = {int: "whole number", float: "number"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every installation setting.

    The `help` of each is its documentation; `min`, `max` and `choices` say what it may be.
    """

    data: Path = field(
        default=Path("data"),
        metadata={"help": "Directory of the embedded database and the secret key file."},
    )
    database_url: str | None = field(
        default=None,
        metadata={"help": "PostgreSQL to use instead of the embedded one: postgresql://…"},
    )
    public_url: str = field(
        default="http://localhost:8600",
        metadata={"help": "Address people reach this installation at; every link starts with it."},
    )
    secret_key: str | None = field(
        default=None,
        metadata={
            "help": "Signs and encrypts; default: a file in the data directory, made at first "
            "start. Several keys separated by commas rotate: the first signs, all verify."
        },
    )
    host: str = field(default="127.0.0.1", metadata={"help": "Address the web server listens on."})
    port: int = field(
        default=8600, metadata={"help": "Port the web server listens on.", "max": 65_535}
    )
    trusted_proxies: str = field(
        default="127.0.0.1",
        metadata={
            "help": "Addresses of reverse proxies whose X-Forwarded-For and -Proto are believed, "
            "separated by commas."
        },
    )
    smtp_url: str | None = field(
        default=None,
        metadata={
            "help": "Mail server: smtp://user:password@host:25, smtp+starttls://… or smtps://…; "
            "without it every mail is captured on the mailbox page."
        },
    )
    smtp_connections_max: int = field(
        default=8, metadata={"help": "Open connections to the mail server per worker.", "min": 1}
    )
    smtp_timeout_seconds: int = field(
        default=30, metadata={"help": "Seconds the mail server may take for one answer.", "min": 1}
    )
    mail_from: str = field(
        default="towpath@localhost",
        metadata={"help": "Sender of confirmation, invitation and sign-in mails."},
    )
    body_bytes_max: int = field(
        default=5_242_880, metadata={"help": "Largest request body accepted, in bytes.", "min": 1}
    )
    trigger_batch_max: int = field(
        default=2_000, metadata={"help": "Events turned into runs in one transaction.", "min": 1}
    )
    step_batch_max: int = field(
        default=5_000, metadata={"help": "Runs moved in one transaction.", "min": 1}
    )
    send_batch_max: int = field(
        default=200, metadata={"help": "Messages claimed for sending in one transaction.", "min": 1}
    )
    poll_seconds: float = field(
        default=1.0,
        metadata={
            "help": "Seconds between looks for due work when no notification arrives.",
            "min": 0.01,
        },
    )
    rate_limits: bool = field(
        default=False, metadata={"help": "Enforce the API's rate limits (off on your own server)."}
    )
    log_format: str = field(
        default="console",
        metadata={"help": "console or json.", "choices": ("console", "json")},
    )
    bootstrap_owner_email: str | None = field(
        default=None, metadata={"help": "E-mail of the first owner, for automated installs."}
    )
    bootstrap_owner_password: str | None = field(
        default=None, metadata={"help": "Password of the first owner, for automated installs."}
    )
    bootstrap_api_key: str | None = field(
        default=None, metadata={"help": "Full-scope API key of the first account."}
    )


class BadSetting(Invalid):
    """An environment variable holds a value that cannot be used."""


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read settings from `TOWPATH_*` variables.

    Raises `BadSetting` naming the variable, its value's kind and what is expected, also for a
    `TOWPATH_*` variable that does not exist (a typing error must not pass silently).
    """
    environment = os.environ if environment is None else environment
    known = {PREFIX + item.name.upper(): item for item in fields(Settings)}
    values: dict[str, object] = {}
    for name, text in environment.items():
        if not name.startswith(PREFIX) or name.startswith(PREFIX + "TEST_"):
            continue
        item = known.get(name)
        if item is None:
            raise BadSetting(f"{name} is not a setting; the settings are {', '.join(known)}.")
        if text != "":
            values[item.name] = _value(name, text, item)
    return Settings(**values)  # type: ignore[arg-type]  # each value was parsed by its field's type


def _value(name: str, text: str, item: "Field[Any]") -> object:
    if item.type is bool:
        if text.lower() in {"1", "true", "yes", "on"}:
            return True
        if text.lower() in {"0", "false", "no", "off"}:
            return False
        raise BadSetting(f"{name} must be true or false.")
    if item.type is Path:
        return Path(text)
    if item.type in {int, float}:
        return _number(name, text, item)
    choices = item.metadata.get("choices")
    if choices and text not in choices:
        raise BadSetting(f"{name} must be {' or '.join(choices)}.")
    return text


def _number(name: str, text: str, item: "Field[Any]") -> float:
    try:
        number = float(text) if item.type is float else int(text)
    except ValueError:
        raise BadSetting(f"{name} must be a {_NUMBER_KINDS[item.type]}.") from None
    smallest, largest = item.metadata.get("min", 0), item.metadata.get("max", NUMBER_MAX)
    if not smallest <= number <= largest:
        raise BadSetting(f"{name} must be from {smallest} to {largest}.")
    return number
