"""What a mail server's answer means for the outbox. SMTP's words stop here.

RFC 5321 (reply codes) and RFC 3463 (enhanced status codes such as 5.1.1).
"""

import re
from enum import StrEnum

from aiosmtplib import SMTPConnectError, SMTPResponseException, SMTPTimeoutError

from towpath.messaging import Outcome, Reason, Rejected, TryLater

COMPLETED = 250

_ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})\b")
_AUTHENTICATION_CODES = frozenset({454, 530, 534, 535, 538})
_BAD_RECIPIENT = frozenset({(1, 0), (1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1)})
_BAD_SENDER = frozenset({(1, 7), (1, 8), (7, 60)})
_UNKNOWN_USER_CODES = frozenset({550, 551, 553})
_TRY_AGAIN_CODE_MIN, _FINAL_CODE_MIN = 400, 500


class Stage(StrEnum):
    """How far the conversation was when the server answered."""

    CONNECTION = "connection"
    SENDER = "sender"
    RECIPIENT = "recipient"
    CONTENT = "content"


def outcome_of_reply(code: int, words: str, *, stage: Stage) -> Outcome:
    """Return what a refusal means: a later attempt, the end, or that nothing gets through.

    4xx is tried later, 5xx is final with the server's words kept. A missing or wrong login is
    our fault and nobody's bounce: it stops the whole transport until it is mended.
    """
    response = f"{code} {' '.join(words.split())}".strip()
    detail = _detail(words)
    if stage is Stage.CONNECTION or (stage is Stage.SENDER and code in _AUTHENTICATION_CODES):
        return TryLater(response=response, is_transport_down=True)
    if code < _FINAL_CODE_MIN:
        return TryLater(response=response)
    if stage is Stage.SENDER:
        return Rejected(response=response, reason=Reason.INVALID_FROM_EMAIL)
    if detail in _BAD_SENDER:
        return Rejected(response=response, reason=Reason.INVALID_FROM_EMAIL)
    is_unknown = stage is Stage.RECIPIENT and detail is None and code in _UNKNOWN_USER_CODES
    return Rejected(response=response, is_bounce=detail in _BAD_RECIPIENT or is_unknown)


def outcome_of_trouble(trouble: Exception, *, server: str, stage: Stage) -> Outcome:
    """Return what a lost connection, a timeout or a failed handshake means: a later attempt."""
    if isinstance(trouble, SMTPResponseException):
        return outcome_of_reply(trouble.code, trouble.message, stage=stage)
    if isinstance(trouble, SMTPTimeoutError | TimeoutError):
        why = f"{server} did not answer in time"
    elif isinstance(trouble, SMTPConnectError):
        why = str(trouble)  # names the server
    else:
        why = f"{server}: {str(trouble) or type(trouble).__name__}"
    return TryLater(response=why, is_transport_down=stage is Stage.CONNECTION)


def _detail(words: str) -> tuple[int, int] | None:
    """Return subject and detail of the enhanced status code, None without one."""
    found = _ENHANCED.match(words.lstrip())
    return (int(found[2]), int(found[3])) if found else None
