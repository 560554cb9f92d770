"""What accounts are made of, the errors people make with them, and the rules for what they type."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from towpath.accounts.permissions import Permission, Role, Scope
from towpath.kit.errors import Conflict, Forbidden, Invalid, NotFound, Throttled, Unauthenticated


class ActorKind(StrEnum):
    """Who acts: a person, a program with a key, or somebody at the command line."""

    USER = "user"
    API_KEY = "api_key"
    COMMAND = "command"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Whoever does something, in one account, with what they may do there."""

    account_id: UUID
    kind: ActorKind
    id: str
    label: str
    permissions: frozenset[Permission]
    role: Role | None = None
    scope: Scope | None = None

    def may(self, permission: Permission) -> bool:
        """Say whether this actor has the permission."""
        return permission in self.permissions

    def check(self, *permissions: Permission) -> None:
        """Raise `NotPermitted` naming the first permission this actor lacks."""
        for permission in permissions:
            if permission not in self.permissions:
                raise NotPermitted(
                    f"This needs the permission {permission.value!r}, which "
                    f"{_holder(self)} does not have.",
                    meta={"permission": permission.value},
                )


def _holder(actor: Actor) -> str:
    if actor.role is not None:
        return f"the role {actor.role.value!r}"
    return f"an API key with the scope {actor.scope.value!r}" if actor.scope else "this caller"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One tenant: the owner of people, flows, messages."""

    id: UUID
    name: str
    timezone: str
    locale: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person who signs in; global, a member of one or more accounts."""

    id: UUID
    email: str
    name: str
    locale: str
    password_hash: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A user as a member of one account."""

    user_id: UUID
    email: str
    name: str
    role: Role
    joined_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """An account as seen by a user who belongs to it."""

    account: Account
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """An API key without its secret, which is stored nowhere."""

    id: UUID
    account_id: UUID
    name: str
    hint: str
    scope: Scope
    created_at: datetime
    created_by: str
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedKey:
    """A new API key: the only time its secret is known."""

    id: UUID
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One line of the audit trail."""

    id: UUID
    at: datetime
    actor_kind: ActorKind
    actor_id: str
    actor_label: str
    action: str
    target_kind: str
    target_id: str
    detail: dict[str, object]


class LinkPurpose(StrEnum):
    """What a one-time link is good for."""

    FIRST_OWNER = "first_owner"
    SIGN_IN = "sign_in"
    INVITATION = "invitation"


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimeLink:
    """A link that works once; only the hash of its token is stored."""

    purpose: LinkPurpose
    user_id: UUID | None
    account_id: UUID | None


class NotPermitted(Forbidden):
    """Your role or API key does not allow this; ask an owner or admin of the account."""


class CsrfFailed(Forbidden):
    """The request does not come from a page of this installation; reload the page and try again."""

    code = "csrf_failed"


class BadKey(Unauthenticated):
    """The API key is not valid; check it for missing characters, or make a new one in Settings."""

    code = "authentication_failed"


class BadSession(Unauthenticated):
    """You are not signed in, or your session has ended; sign in again."""


class SignInRefused(Unauthenticated):
    """The email address and password do not belong together."""

    code = "sign_in_refused"


class SignInThrottled(Throttled):
    """Too many attempts to sign in; wait and try again."""

    code = "sign_in_throttled"


class PasswordsBusy(Throttled):
    """Too many people are signing in at this moment; try again in a few seconds."""


class LinkUsed(NotFound):
    """This link has been used, has expired, or was never valid; ask for a new one."""

    code = "link_used"


class AccountNotFound(NotFound):
    """There is no such account, or you do not belong to it."""


class UserNotFound(NotFound):
    """There is no such user in this account."""


class UserUnknown(NotFound):
    """Nobody signs in with this email address; check how it is written."""


class ApiKeyNotFound(NotFound):
    """There is no such API key in this account."""


class EmailTaken(Conflict):
    """A user with this email address exists already."""

    code = "email_taken"


class AlreadyMember(Conflict):
    """This user belongs to the account already."""

    code = "already_member"


class LastOwner(Conflict):
    """An account keeps at least one owner; make somebody else an owner first."""

    code = "last_owner"


class OwnersOnly(Forbidden):
    """Only an owner may make, change or remove an owner."""

    code = "owners_only"


class TooManyKeys(Conflict):
    """The account has as many API keys as it may have; revoke one that is not used."""

    code = "too_many_api_keys"


class BadEmail(Invalid):
    """This is not an email address; it should look like name@example.com."""

    code = "invalid_email"


class BadPassword(Invalid):
    """The password cannot be used."""

    code = "invalid_password"


class WrongPassword(BadPassword):
    """The current password is not right."""

    code = "wrong_password"


class BadName(Invalid):
    """A name is one line of 1 to 200 characters."""

    code = "invalid_name"


class BadTimezone(Invalid):
    """There is no such timezone; use an IANA name such as Europe/Madrid."""

    code = "invalid_timezone"


class BadLocale(Invalid):
    """This language is not available."""

    code = "invalid_locale"


class BadKeyFormat(Invalid):
    """An API key is pk_ and 20 to 200 letters, digits, - or _."""

    code = "invalid_api_key"
