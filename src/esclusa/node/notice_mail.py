"""A message by mail: made by the standard library's email package, handed over by its SMTP client.

The connection is encrypted and the server's certificate checked (STARTTLS, RFC 3207, or TLS from
the start, RFC 8314 §3.3) before a password or an address is said; a server that offers neither gets
nothing. One message goes to one address, so one that is refused harms no other.
"""

from __future__ import annotations

import datetime as dt
import smtplib
import ssl
from collections.abc import Callable
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

import msgspec

from esclusa.casework.notices import one_line
from esclusa.node.notice_settings import NONE, TLS, Mail

SENT, LATER, REFUSED = "sent", "later", "refused"
_NAME_MOST, _SUBJECT_MOST = 60, 200


class Outcome(msgspec.Struct, frozen=True):
    """What became of a try: ``sent``, ``later`` or ``refused`` for good. ``why`` is a code, never
    words of the other side. ``deaf``: it does not answer at all, so that nothing else goes there
    now."""

    state: str
    why: str = ""
    deaf: bool = False


class Attached(msgspec.Struct, frozen=True):
    """A file that goes with a mail: a name and text."""

    name: str
    text: str


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A mail. ``id`` stays the same however often it is tried; ``at`` is when it was first due."""

    id: str
    to: str
    site: str
    subject: str
    text: str
    at: dt.datetime
    files: tuple[Attached, ...] = ()


def write(letter: Letter, mail: Mail) -> bytes:
    """Return the bytes of a mail (RFC 5322), in 7 bits.

    What comes from a node's title or an account stands in no header but as one line of printable
    text: control characters are taken out, and the email package would refuse them.
    """
    made = EmailMessage(policy=SMTP)
    made["From"] = Address(one_line(letter.site, _NAME_MOST), addr_spec=mail.sender)
    made["To"] = letter.to
    made["Subject"] = one_line(letter.subject, _SUBJECT_MOST)
    made["Date"] = format_datetime(letter.at.astimezone(dt.UTC).replace(microsecond=0))
    made["Message-ID"] = f"<{letter.id}@{mail.sender.rpartition('@')[2]}>"
    # RFC 3834 §5: no out-of-office answers to what a machine sent.
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(letter.text, cte="quoted-printable")
    for file in letter.files:
        made.add_attachment(file.text, subtype="csv", filename=file.name, cte="base64")
    return made.as_bytes()


def deliver(data: bytes, to: str, mail: Mail, folder: Path, secret: Callable[[], str]) -> Outcome:
    """Hand a message over to the mail server.

    :param folder: of the node, where the file of authorities is looked for.
    :param secret: gives the password, asked for when the settings name a user.
    """
    try:
        with _connected(mail, folder) as client:
            if mail.user:
                client.login(mail.user, secret())
            client.sendmail(mail.sender, [to], data)
            return Outcome(SENT)
    except smtplib.SMTPRecipientsRefused as error:
        return _by_code(next(iter(error.recipients.values()))[0])
    except smtplib.SMTPAuthenticationError as error:
        return Outcome(LATER, f"sign-in {error.smtp_code}", deaf=True)
    except smtplib.SMTPNotSupportedError:
        return Outcome(LATER, "no encryption offered", deaf=True)
    except (smtplib.SMTPConnectError, smtplib.SMTPHeloError, smtplib.SMTPSenderRefused) as error:
        return Outcome(LATER, f"server {error.smtp_code}", deaf=True)
    except smtplib.SMTPResponseException as error:
        return _by_code(error.smtp_code)
    except ssl.SSLError:
        return Outcome(LATER, "certificate", deaf=True)
    except smtplib.SMTPServerDisconnected as error:
        # The client says so as well where an answer did not come in time.
        late = isinstance(error.__context__, TimeoutError)
        return Outcome(LATER, "too slow" if late else "closed", deaf=late)
    except TimeoutError:
        return Outcome(LATER, "too slow", deaf=True)
    except (OSError, smtplib.SMTPException, UnicodeError):
        return Outcome(LATER, "no connection", deaf=True)


def _by_code(code: int) -> Outcome:
    """Read an answer by its first digit (RFC 5321 §4.2.1): 5 is for good, all else for now."""
    return Outcome(REFUSED if 500 <= code < 600 else LATER, f"answer {code}")


class _Closing(smtplib.SMTP):
    """A client whose leaving cannot undo what the server has accepted."""

    def __exit__(self, *args: object) -> None:
        try:
            self.quit()
        except (OSError, smtplib.SMTPException):
            pass
        finally:
            self.close()


class _ClosingTls(smtplib.SMTP_SSL):
    __exit__ = _Closing.__exit__


def _connected(mail: Mail, folder: Path) -> smtplib.SMTP:
    # The name that is said in greeting is the sender's domain: that of this machine is nobody's.
    named = mail.sender.rpartition("@")[2]
    if mail.security == NONE:
        return _Closing(mail.host, mail.port, named, timeout=mail.seconds)
    context = ssl.create_default_context(cafile=str(folder / mail.ca) if mail.ca else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if mail.security == TLS:
        return _ClosingTls(mail.host, mail.port, named, timeout=mail.seconds, context=context)
    client = _Closing(mail.host, mail.port, named, timeout=mail.seconds)
    try:
        client.starttls(context=context)
    except BaseException:
        client.close()
        raise
    return client
