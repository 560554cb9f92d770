"""Puts the features together: what a lower one needs from a higher one is handed over here."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from urllib.parse import urlsplit

from towpath import alerts, audiences, flows, messaging, subscriptions
from towpath.integrations import mailbox, smtp
from towpath.kit import db, postgres
from towpath.kit.config import Settings
from towpath.kit.runtime import Runtime
from towpath.kit.secrets import load_secret_keys
from towpath.kit.statistics import keep_statistics

DATABASE_FOLDER = "postgres"

MERGE_LISTENERS = (
    audiences.move_memberships,
    messaging.move_messages,
    subscriptions.move_requests,
    flows.move_runs,
)
"""What moves the rows of higher features when two profiles become one."""


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """Give the URL of the database: the one in the settings, or the embedded one, kept running.

    Raises `BadSetting` or `postgres.DatabaseUnavailable`.
    """
    if settings.database_url is not None:
        yield db.check_url(settings.database_url)
        return
    with postgres.running(settings.data / DATABASE_FOLDER) as url:
        yield url


@asynccontextmanager
async def runtime(settings: Settings, url: str, *, pool_size: int = 10) -> AsyncIterator[Runtime]:
    """Open what a process works with; meanwhile the planner's statistics are kept fresh."""
    engine = db.create_engine(url, pool_size=pool_size)
    keeper = asyncio.create_task(keep_statistics(engine))
    try:
        yield Runtime(
            engine=engine,
            settings=settings,
            keys=load_secret_keys(settings.secret_key, settings.data),
        )
    finally:
        keeper.cancel()
        await asyncio.wait([keeper])
        await engine.dispose()


def transport_of(own: Runtime) -> messaging.Transport:
    """Return where mails go: the mail server of the settings, else the mailbox page."""
    if own.settings.smtp_url is None:
        return mailbox.MailboxTransport(engine=own.engine)
    return smtp.SmtpTransport.from_settings(own.settings)


def outbox_of(
    own: Runtime,
    transport: messaging.Transport,
    *,
    policy: messaging.SendingPolicy | None = None,
) -> messaging.Outbox:
    """Return the outbox with every kind of message there is."""
    settings = own.settings
    return messaging.Outbox(
        engine=own.engine,
        kinds=(
            alerts.AlertKind(
                keys=own.keys, public_url=settings.public_url, source=flows.FlowAlerts()
            ),
            alerts.ConfirmationKind(
                keys=own.keys,
                public_url=settings.public_url,
                sender_address=settings.mail_from,
            ),
            subscriptions.SubscriptionConfirmationKind(
                keys=own.keys,
                public_url=settings.public_url,
                sender_address=settings.mail_from,
            ),
        ),
        transport=transport,
        domain=urlsplit(settings.public_url).hostname or "localhost",
        policy=policy or messaging.live_policy(settings),
        messages_max=settings.send_batch_max,
    )
