"""SMTP: hands mails to the server that TOWPATH_SMTP_URL names."""

from towpath.integrations.smtp.check import MailServerCheck, check
from towpath.integrations.smtp.server import MailServer, Security, parse_url
from towpath.integrations.smtp.transport import SmtpTransport

__all__ = ["MailServer", "MailServerCheck", "Security", "SmtpTransport", "check", "parse_url"]
