"""How is this server configured, and may it start like that?

Every setting is an environment variable that begins with ``DUECOURSE_``; a secret may be read from the file that
``DUECOURSE_..._FILE`` names. Contradictions refuse to start, in an operator's words.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import SettingsConfigDict

from duecourse.access_settings import AccessSettings, Networks, is_this_machine, networks_in, wrong_about_access
from duecourse.errors import NotReady

_SECRETS = ("smtp_password", "database_url", "signing_key", "imap_password", "oidc_client_secret")


class Settings(AccessSettings):
    """The settings of one server."""

    model_config = SettingsConfigDict(env_prefix="DUECOURSE_", extra="forbid", frozen=True)

    data: Path = Field(Path("data"), description="The folder that holds the database, evidence files and mails.")
    database_url: str = Field(
        "", description="Where the database is: postgresql+psycopg://... A SQLite file in the data folder when empty."
    )
    mail_folder: Path | None = Field(
        None, description="Write mails into this folder instead of sending them. A demonstration does."
    )
    mail_from: str = Field("", description="The sender of every mail, such as deadlines@agency.gov.")
    smtp_host: str = Field("", description="The mail server.")
    smtp_port: int = Field(587, ge=1, le=65535, description="The mail server's port.")
    smtp_user: str = Field("", description="The name to log in with; empty for none.")
    smtp_password: SecretStr = Field(SecretStr(""), description="The password to log in with.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the connection is secured; “none” only for a mail server on this machine."
    )

    mails_per_minute: int = Field(
        60, ge=1, le=100_000, description="The most mails sent in one minute; sign-in links do not wait for it."
    )
    bounce_address: str = Field(
        "",
        description="The address to which mail servers report what they cannot deliver, such as bounces@agency.gov; "
        "each mail gets a tag after a plus sign. Empty: reports come to the sender, and nothing follows from them.",
    )

    prefect: bool = Field(True, description="Start a Prefect server on this machine, to show each job's runs and logs.")
    prefect_port: int = Field(4200, ge=1, le=65535, description="The port of that server; another one if it is taken.")
    prefect_api_url: str = Field(
        "", description="The API of a Prefect server of your own, whose workers do the jobs. None is started here then."
    )
    shards: int = Field(1, ge=1, le=64, description="Into how many parts the planning is divided, one for each worker.")

    signing_key: SecretStr = Field(
        SecretStr(""),
        description="The private key that signs receipts, as PEM; signing-key.pem in the data folder when empty.",
    )

    imap_host: str = Field(
        "", description="The server of the mailbox from which mails that come in are fetched. Empty: none are."
    )
    imap_port: int = Field(993, ge=1, le=65535, description="Its port; the connection is encrypted from the start.")
    imap_user: str = Field("", description="The name to log in to the mailbox with.")
    imap_password: SecretStr = Field(SecretStr(""), description="The password of the mailbox.")
    imap_folder: str = Field("INBOX", description="The folder of the mailbox.", pattern=r'^[^"\\\r\n]+$')

    webhook_networks: str = Field(
        "",
        description="The networks of your own house, such as 10.20.0.0/16, to which webhooks may go beside the public "
        "internet. Empty: to none.",
    )

    @field_validator("webhook_networks")
    @classmethod
    def _are_networks_too(cls, said: str) -> str:
        networks_in(said)
        return said

    @property
    def webhooks_inside(self) -> Networks:
        """The networks of the house to which webhooks may go."""
        return networks_in(self.webhook_networks)

    @property
    def database(self) -> str:
        """The SQLAlchemy URL of the database."""
        return self.database_url or f"sqlite:///{(self.data / 'duecourse.db').absolute()}"

    @property
    def evidence(self) -> Path:
        """The folder of the files that were handed in, each under the SHA-256 of its bytes."""
        return self.data / "evidence"

    @property
    def mails(self) -> Path | None:
        """The folder into which mails are written, when they are not sent."""
        if self.mail_folder is None and self.demo and not self.smtp_host:
            return self.data / "mails"
        return self.mail_folder

    @property
    def sender(self) -> str:
        """The address from which mails are sent."""
        return self.mail_from or "duecourse@localhost.localdomain"

    @property
    def mail_domain(self) -> str:
        """The domain of the sender, used in the names of messages and calendar entries."""
        return self.sender.rpartition("@")[2]


def load_settings(**given: Any) -> Settings:
    """Return the settings from the environment, with what was `given` on the command line in front.

    Raises NotReady, in words that say the cure, when a setting is wrong or two contradict each other.
    """
    for name in _SECRETS:
        file = os.environ.get(f"DUECOURSE_{name.upper()}_FILE")
        if file and name not in given:
            try:
                given[name] = Path(file).read_text(encoding="utf-8").strip()
            except OSError as error:
                variable = f"DUECOURSE_{name.upper()}_FILE"
                raise NotReady(f"{variable} names {file}, which cannot be read: {error.strerror}.") from error
    try:
        return Settings(**given)
    except ValidationError as error:
        raise NotReady("\n".join(_said(details) for details in error.errors())) from error


def check_ready(settings: Settings) -> None:
    """Refuse to send mails or serve pages with settings that would lose reminders, or send them unencrypted.

    Raises NotReady with every reason, each with its cure.
    """
    reasons = [reason for wrong, reason in _contradictions(settings) if wrong]
    if reasons:
        raise NotReady("\n".join(reasons))


def _contradictions(settings: Settings) -> list[tuple[bool, str]]:
    serves_people = not settings.demo
    unencrypted = settings.smtp_security == "none" and not is_this_machine(settings.smtp_host)
    return [
        (
            bool(settings.smtp_host) and settings.mail_folder is not None,
            "Both a mail server and a mail folder are set. Keep DUECOURSE_SMTP_HOST or DUECOURSE_MAIL_FOLDER.",
        ),
        (
            serves_people and not settings.smtp_host and settings.mail_folder is None,
            "No mail is configured, so no reminder could be sent. Set DUECOURSE_SMTP_HOST, or start a demonstration "
            "with --demo.",
        ),
        (
            serves_people and not settings.mail_from,
            "Nobody is named as the sender of mails. Set DUECOURSE_MAIL_FROM, such as deadlines@agency.gov.",
        ),
        (
            serves_people and not settings.base_url,
            "The address that people use is not set, so mails and calendars could not link to it. "
            "Set DUECOURSE_BASE_URL, such as https://deadlines.agency.gov.",
        ),
        (
            bool(settings.smtp_host) and unencrypted,
            f"Mail to {settings.smtp_host} would go out unencrypted. Set DUECOURSE_SMTP_SECURITY to starttls or tls.",
        ),
        (
            bool(settings.bounce_address) and _is_wrong_for_bounces(settings.bounce_address),
            f"DUECOURSE_BOUNCE_ADDRESS: “{settings.bounce_address}” cannot get a tag. Give one address with a short "
            "name and without a plus sign, such as bounces@agency.gov.",
        ),
        (
            bool(settings.imap_host) and not (settings.imap_user and settings.imap_password.get_secret_value()),
            "A mailbox is set without its name or password, so nothing could be fetched. Set DUECOURSE_IMAP_USER and "
            "DUECOURSE_IMAP_PASSWORD, or DUECOURSE_IMAP_PASSWORD_FILE.",
        ),
        (
            not settings.imap_host and bool(settings.imap_user or settings.imap_password.get_secret_value()),
            "A mailbox’s name or password is set without its server, so nothing would be fetched. Set "
            "DUECOURSE_IMAP_HOST, or take DUECOURSE_IMAP_USER and DUECOURSE_IMAP_PASSWORD away.",
        ),
        (
            settings.demo and bool(settings.imap_host),
            "A demonstration would take real mails out of sight. Take DUECOURSE_IMAP_HOST away, or start without "
            "--demo.",
        ),
        (
            bool(settings.smtp_user) and not settings.smtp_password.get_secret_value(),
            "A mail user is set without a password. Set DUECOURSE_SMTP_PASSWORD, or DUECOURSE_SMTP_PASSWORD_FILE.",
        ),
        *wrong_about_access(settings),
    ]


def _is_wrong_for_bounces(address: str) -> bool:
    return not re.fullmatch(r"[A-Za-z0-9._-]{1,30}@[A-Za-z0-9.-]{1,253}", address)


def _said(details: Any) -> str:
    where = "_".join(str(step) for step in details["loc"]).upper()
    return f"DUECOURSE_{where}: {details['msg']}."
