"""Who may do what: the role table of design.md §6, and what an API key may do."""

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """What a user is in one account."""

    OWNER = "owner"
    ADMIN = "admin"
    MANAGER = "manager"
    SUPPORT = "support"
    ANALYST = "analyst"


class Scope(StrEnum):
    """What an API key may do: look, or also change."""

    READ = "read"
    FULL = "full"


class Permission(StrEnum):
    """One thing that somebody may do."""

    ACCOUNT = "account"  # the account itself, limits, deletion, transfer
    MAILBOX = "mailbox"  # captured mail
    USERS = "users"  # users and roles
    API_KEYS = "api_keys"
    SETTINGS = "settings"  # senders, provider credentials, brand
    AUDIT = "audit"  # the audit trail
    HEALTH = "health"  # what runs, what is parked
    AUTOMATION = "automation"  # edit and set live: flows, campaigns, templates, lists, segments
    INBOX = "inbox"  # read, reply, assign, snooze, close, block, quick replies
    PEOPLE_READ = "people_read"
    PEOPLE_EDIT = "people_edit"  # edit, import, delete, merge
    ACTIVITY = "activity"  # activity and analytics; flows, lists and templates read-only
    EXPORT = "export"  # CSV


_ADMINISTRATION = {
    Permission.USERS,
    Permission.API_KEYS,
    Permission.SETTINGS,
    Permission.AUDIT,
    Permission.HEALTH,
}
_MARKETING = {
    Permission.AUTOMATION,
    Permission.INBOX,
    Permission.PEOPLE_READ,
    Permission.PEOPLE_EDIT,
    Permission.ACTIVITY,
}
_LOOKING = {Permission.PEOPLE_READ, Permission.ACTIVITY, Permission.EXPORT}

ROLE_PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.ADMIN: frozenset(_ADMINISTRATION | _MARKETING | {Permission.EXPORT}),
    Role.MANAGER: frozenset(_MARKETING),
    Role.SUPPORT: frozenset({Permission.INBOX, Permission.PEOPLE_READ}),
    Role.ANALYST: frozenset(_LOOKING),
}

# A key cannot make users or further keys, so revoking it ends what it could do. Captured mail holds
# people's secrets, and reading the inbox is a scope of its own.
SCOPE_PERMISSIONS: Mapping[Scope, frozenset[Permission]] = {
    Scope.READ: frozenset(_LOOKING | {Permission.HEALTH}),
    Scope.FULL: frozenset(
        _LOOKING
        | {
            Permission.HEALTH,
            Permission.AUDIT,
            Permission.SETTINGS,
            Permission.AUTOMATION,
            Permission.PEOPLE_EDIT,
        }
    ),
}

# Everything, for the command line: whoever may run it already holds the database.
ALL_PERMISSIONS = frozenset(Permission)
