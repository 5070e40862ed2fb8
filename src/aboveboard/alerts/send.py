"""How does a message reach a mailbox or a webhook?"""

import json
import smtplib
import ssl
import urllib.request
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

from aboveboard.access.alerts import Smtp
from aboveboard.errors import AboveboardError

__all__ = ["NotSent", "send"]

_SECONDS = 20.0


class NotSent(AboveboardError):
    """A message could not be sent; the text says to whom, why, and what to look at."""


def send(channel: str, message: Mapping[str, Any], smtp: Smtp | None) -> None:
    """Send a message (subject, text, link; a webhook gets all of it as JSON) to a channel; raises NotSent."""
    if channel.startswith("mailto:"):
        if smtp is None:
            raise NotSent(f"No mail can go to {channel[7:]}: the settings have no [smtp]. Add it.")
        _mail(channel[7:], message, smtp)
    else:
        _post(channel, message)


def _mail(address: str, message: Mapping[str, Any], smtp: Smtp) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = smtp.sender, address, message["subject"]
    mail.set_content(f"{message['text']}\n\n{message['link']}\n")
    try:
        kind = smtplib.SMTP_SSL if smtp.tls == "tls" else smtplib.SMTP
        with kind(smtp.host, smtp.port, timeout=_SECONDS) as server:
            if smtp.tls == "starttls":
                server.starttls(context=ssl.create_default_context())
            if smtp.user:
                server.login(smtp.user, smtp.password)
            server.send_message(mail)
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(
            f"The mail to {address} was not taken by {smtp.host}:{smtp.port}: {error}. Look at [smtp] in the settings."
        ) from error


def _post(address: str, message: Mapping[str, Any]) -> None:
    body = json.dumps(message).encode()
    request = urllib.request.Request(  # noqa: S310 - the settings take http and https only
        address, data=body, headers={"Content-Type": "application/json", "User-Agent": "aboveboard"}
    )
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS):  # noqa: S310
            pass
    except (OSError, ValueError) as error:
        host = urlsplit(address).netloc  # The rest of the address may be a secret.
        raise NotSent(f"The webhook at {host} did not take it: {error}. Look at its address.") from error
