"""`towpath account create` and `towpath api-key create`."""

import asyncio
from typing import Annotated
from uuid import UUID

import typer

from towpath import accounts, wiring
from towpath.cli.context import (
    COMMAND_ACTOR,
    AccountOption,
    DataOption,
    JsonOption,
    console,
    migrated_database,
    print_json,
    run_with_account,
    settings_for,
    shown_errors,
)
from towpath.kit import ids
from towpath.kit.runtime import Runtime

accounts_app = typer.Typer(no_args_is_help=True, help="Accounts of this installation.")
keys_app = typer.Typer(no_args_is_help=True, help="API keys of an account.")


@accounts_app.callback()
def _accounts() -> None:
    """Group the commands about accounts."""


@keys_app.callback()
def _keys() -> None:
    """Group the commands about API keys."""


@accounts_app.command("create")
def create_account(
    name: Annotated[str, typer.Option(help="Name of the account.")],
    email: Annotated[str, typer.Option(help="E-mail of its owner.")],
    password: Annotated[
        str,
        typer.Option(
            prompt=True,
            hide_input=True,
            confirmation_prompt=True,
            help="Password of the owner; asked for when missing.",
            envvar="TOWPATH_BOOTSTRAP_OWNER_PASSWORD",
        ),
    ],
    timezone: Annotated[str, typer.Option(help="IANA timezone of the account.")] = "UTC",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an account with its owner."""

    async def run(url: str) -> UUID:
        async with wiring.runtime(settings, url) as runtime, runtime.engine.begin() as conn:
            account_id, user_id = ids.new_ids(2)
            accounts.check_password(password, email=email)
            await accounts.create_owned_account(
                conn,
                account_id=account_id,
                account_name=name,
                timezone=timezone,
                user_id=user_id,
                email=email,
                name=email.partition("@")[0],
                password_hash=await accounts.hash_password(password),
                now=runtime.clock(),
            )
            return account_id

    with shown_errors():
        settings = settings_for(data)
        with migrated_database(settings) as url:
            account_id = asyncio.run(run(url))
    if as_json:
        print_json({"id": str(account_id), "name": name})
    else:
        console.print(f"{name} is account {account_id}.", markup=False, highlight=False)


@keys_app.command("create")
def create_key(
    name: Annotated[str, typer.Option(help="What the key is for.")],
    scope: Annotated[accounts.Scope, typer.Option(help="read or full.")] = accounts.Scope.FULL,
    account: AccountOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an API key and print it; it is shown once."""

    async def work(runtime: Runtime, account_id: UUID) -> accounts.CreatedKey:
        async with runtime.engine.begin() as conn:
            return await accounts.create_api_key(
                conn,
                actor=accounts.command_actor(account_id=account_id, label=COMMAND_ACTOR),
                key_id=ids.new_id(),
                name=name,
                scope=scope,
                now=runtime.clock(),
            )

    made = run_with_account(data, account, work)
    if as_json:
        print_json({"id": ids.to_base32(made.id), "secret": made.secret})
    else:
        console.print(
            f"{made.secret}\nKeep it now; it is not shown again.", markup=False, highlight=False
        )
