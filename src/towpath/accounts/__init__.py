"""Accounts: who owns the data, who may do what with it, and the trail of what they did.

An account is the tenant. Users are people who sign in and have a role in one or more accounts; API
keys are programs. Every request passes `require` (or `authenticate`), which gives its `Actor`.
"""

from towpath.accounts.access import (
    KEY_CACHE_SECONDS_MAX,
    SESSION_COOKIE,
    authenticate,
    check_origin,
    command_actor,
    require,
)
from towpath.accounts.model import (
    Account,
    AccountNotFound,
    Actor,
    ActorKind,
    ApiKey,
    ApiKeyNotFound,
    BadEmail,
    BadName,
    BadTimezone,
    CreatedKey,
    EmailTaken,
    NotPermitted,
    User,
    UserUnknown,
)
from towpath.accounts.operations.accounts import add_membership, create_account, create_user
from towpath.accounts.operations.api_keys import create_api_key, revoke_api_key
from towpath.accounts.operations.audit import record_audit
from towpath.accounts.operations.links import (
    SIGN_IN_LINK_HOURS_MAX,
    first_owner_link,
    sign_in_link,
)
from towpath.accounts.operations.set_up import bootstrap, create_owned_account
from towpath.accounts.passwords import hash_password
from towpath.accounts.permissions import Permission, Role, Scope
from towpath.accounts.queries import account_of, find_user, list_accounts, memberships_of
from towpath.accounts.recovery import recovery_link, reset_password
from towpath.accounts.routes import router
from towpath.accounts.routes.cookies import SignedIn, SignedInUser
from towpath.accounts.rules import check_password
from towpath.accounts.settings import AccountSettings, change_setting, settings_of
from towpath.accounts.tables import account as account_table
from towpath.accounts.tokens import csrf_token

__all__ = [
    "KEY_CACHE_SECONDS_MAX",
    "SESSION_COOKIE",
    "SIGN_IN_LINK_HOURS_MAX",
    "Account",
    "AccountNotFound",
    "AccountSettings",
    "Actor",
    "ActorKind",
    "ApiKey",
    "ApiKeyNotFound",
    "BadEmail",
    "BadName",
    "BadTimezone",
    "CreatedKey",
    "EmailTaken",
    "NotPermitted",
    "Permission",
    "Role",
    "Scope",
    "SignedIn",
    "SignedInUser",
    "User",
    "UserUnknown",
    "account_of",
    "account_table",
    "add_membership",
    "authenticate",
    "bootstrap",
    "change_setting",
    "check_origin",
    "check_password",
    "command_actor",
    "create_account",
    "create_api_key",
    "create_owned_account",
    "create_user",
    "csrf_token",
    "find_user",
    "first_owner_link",
    "hash_password",
    "list_accounts",
    "memberships_of",
    "record_audit",
    "recovery_link",
    "require",
    "reset_password",
    "revoke_api_key",
    "router",
    "settings_of",
    "sign_in_link",
]
