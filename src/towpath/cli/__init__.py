"""The command line: `towpath up` and everything a script or an operator needs."""

import typer

from towpath.cli import flow_commands, import_commands
from towpath.cli.access_commands import accounts_app, keys_app
from towpath.cli.doctor import doctor
from towpath.cli.replay_command import replay
from towpath.cli.serve import migrate, up, web, worker

app = typer.Typer(
    name="towpath",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Self-hosted customer flows and internal alerts.",
)
for command in (up, web, worker, migrate, doctor, replay):
    app.command()(command)
app.add_typer(accounts_app, name="account")
app.add_typer(keys_app, name="api-key")
app.add_typer(flow_commands.app, name="flows")
app.add_typer(import_commands.app, name="import")


def main() -> None:
    """Run a command."""
    app()


__all__ = ["app", "main"]
