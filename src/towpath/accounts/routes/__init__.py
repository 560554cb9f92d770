"""Accounts over HTTP: `/v1` for programs and the app, pages for people without either."""

from fastapi import APIRouter

from towpath.accounts.routes import account, api_keys, audit, me, pages, sessions, users

router = APIRouter()
for part in (
    sessions.router,
    me.router,
    account.router,
    users.router,
    api_keys.router,
    audit.router,
    pages.router,
):
    router.include_router(part)

__all__ = ["router"]
