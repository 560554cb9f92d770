"""`towpath account` and `towpath api-key`: who may enter, and the way back in."""

import asyncio
import sys
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
    find_account,
    migrated_database,
    print_json,
    run_with_account,
    settings_for,
    shown_errors,
)
from towpath.kit import ids
from towpath.kit.errors import Problem
from towpath.kit.runtime import Runtime

PASSWORD_LINE_BYTES_MAX = 10_000

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


@accounts_app.command("set-password")
def set_password(
    email: Annotated[str, typer.Option(help="E-mail of the person.")],
    is_from_stdin: Annotated[
        bool,
        typer.Option("--password-stdin", help="Read the password from standard input, one line."),
    ] = False,
    data: DataOption = None,
) -> None:
    """Set a password that was lost; the person is signed out everywhere."""

    async def run(url: str) -> None:
        async with wiring.runtime(settings, url) as runtime:
            await accounts.reset_password(
                runtime, email=email, password=password, label=COMMAND_ACTOR, now=runtime.clock()
            )

    with shown_errors():
        settings = settings_for(data)
        if is_from_stdin:
            password = _line_of_stdin()
        else:
            password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        with migrated_database(settings) as url:
            asyncio.run(run(url))
    console.print(
        f"{email} has a new password and is signed out everywhere.", markup=False, highlight=False
    )


def _line_of_stdin() -> str:
    line = sys.stdin.buffer.readline(PASSWORD_LINE_BYTES_MAX)
    try:
        return line.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise Problem("The password on standard input is not text in UTF-8.") from None


@accounts_app.command("sign-in-link")
def make_sign_in_link(
    email: Annotated[str, typer.Option(help="E-mail of the person.")],
    account: Annotated[
        str | None,
        typer.Option(help="Id or name of the account to open; default: the first they joined."),
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print a link at which somebody signs in once, without a password."""

    async def run(url: str) -> str:
        async with wiring.runtime(settings, url) as runtime, runtime.engine.begin() as conn:
            return await accounts.recovery_link(
                conn,
                email=email,
                account_id=None if account is None else await find_account(conn, account),
                public_url=runtime.settings.public_url,
                label=COMMAND_ACTOR,
                now=runtime.clock(),
            )

    with shown_errors():
        settings = settings_for(data)
        with migrated_database(settings) as url:
            link = asyncio.run(run(url))
    if as_json:
        print_json({"url": link})
    else:
        console.print(
            f"{link}\nIt works once, within {accounts.SIGN_IN_LINK_HOURS_MAX} hours.",
            markup=False,
            highlight=False,
        )


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
