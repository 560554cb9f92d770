"""The role table of design.md §6, asked row by row through the gate."""

from typing import Annotated
from uuid import UUID

import pytest
from fastapi import Depends, FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.application import client_of, make_runtime, signed_in, with_key
from towpath import accounts
from towpath.accounts import Actor, Permission, Role, Scope
from towpath.web import create_app

OWNER, ADMIN, MANAGER, SUPPORT, ANALYST = Role

# One line per line of the table; each permission stands in exactly one.
TABLE: list[tuple[set[Permission], set[Role]]] = [
    ({Permission.ACCOUNT, Permission.MAILBOX}, {OWNER}),
    (
        {
            Permission.USERS,
            Permission.API_KEYS,
            Permission.SETTINGS,
            Permission.AUDIT,
            Permission.HEALTH,
        },
        {OWNER, ADMIN},
    ),
    ({Permission.AUTOMATION}, {OWNER, ADMIN, MANAGER}),
    ({Permission.INBOX}, {OWNER, ADMIN, MANAGER, SUPPORT}),
    ({Permission.PEOPLE_READ}, {OWNER, ADMIN, MANAGER, SUPPORT, ANALYST}),
    ({Permission.PEOPLE_EDIT}, {OWNER, ADMIN, MANAGER}),
    ({Permission.ACTIVITY}, {OWNER, ADMIN, MANAGER, ANALYST}),
    ({Permission.EXPORT}, {OWNER, ADMIN, ANALYST}),
]


@pytest.fixture(scope="module")
def gates(engine: AsyncEngine) -> FastAPI:
    """Make an application with one route per permission, which does nothing else."""
    app = create_app(make_runtime(engine))

    def add_gate(permission: Permission) -> None:
        async def pass_through(
            actor: Annotated[Actor, Depends(accounts.require(permission))],
        ) -> str:
            return actor.label

        app.add_api_route(
            f"/v1/gate/{permission.value}",
            pass_through,
            methods=["GET", "POST"],
            include_in_schema=False,
        )

    for permission in Permission:
        add_gate(permission)
    return app


def test_the_table_names_every_permission_once() -> None:
    named = [permission for row, _ in TABLE for permission in row]

    assert sorted(named) == sorted(Permission)


@pytest.mark.parametrize("role", Role)
async def test_a_role_may_what_its_column_says_and_nothing_else(
    gates: FastAPI, account_id: UUID, role: Role
) -> None:
    async with signed_in(gates, account_id, role) as person:
        for permissions, roles in TABLE:
            for permission in permissions:
                response = await person.client.post(f"/v1/gate/{permission.value}")

                expected = 200 if role in roles else 403
                assert (permission, response.status_code) == (permission, expected)


async def test_a_refusal_names_the_permission_and_the_role(
    gates: FastAPI, account_id: UUID
) -> None:
    async with signed_in(gates, account_id, Role.ANALYST) as person:
        response = await person.client.get("/v1/gate/automation")

    [error] = response.json()["errors"]
    assert error["code"] == "permission_denied"
    assert error["meta"] == {"permission": "automation"}
    assert "'analyst'" in error["detail"]


@pytest.mark.parametrize(
    ("scope", "may"),
    [
        (
            Scope.READ,
            {Permission.PEOPLE_READ, Permission.ACTIVITY, Permission.EXPORT, Permission.HEALTH},
        ),
        (
            Scope.FULL,
            set(Permission)
            - {
                Permission.ACCOUNT,
                Permission.MAILBOX,
                Permission.USERS,
                Permission.API_KEYS,
                Permission.INBOX,
            },
        ),
    ],
)
async def test_a_key_may_what_its_scope_says_and_nothing_else(
    gates: FastAPI, account_id: UUID, scope: Scope, may: set[Permission]
) -> None:
    async with with_key(gates, account_id, scope) as client:
        for permission in Permission:
            response = await client.get(f"/v1/gate/{permission.value}")

            expected = 200 if permission in may else 403
            assert (permission, response.status_code) == (permission, expected)


async def test_nobody_passes_without_a_key_or_a_session(gates: FastAPI) -> None:
    async with client_of(gates) as client:
        for permission in Permission:
            response = await client.get(f"/v1/gate/{permission.value}")

            assert response.status_code == 401
            assert response.headers["www-authenticate"] == "Bearer"


async def test_every_v1_route_but_health_and_sign_in_asks_who_calls(gates: FastAPI) -> None:
    open_to_all = {("/v1/health", "get"), ("/v1/session", "post")}
    async with client_of(gates) as client:
        for path, methods in gates.openapi()["paths"].items():
            for method in methods:
                if not path.startswith("/v1/") or (path, method) in open_to_all:
                    continue
                address = path.replace("{", "").replace("}", "")
                response = await client.request(method, address, json={})

                assert (path, method, response.status_code) == (path, method, 401)
