"""At which address do people reach this server, and how do they sign in?"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

Networks = tuple[IPv4Network | IPv6Network, ...]


class AccessSettings(BaseSettings):
    """The part of the settings that says who may come in, from where and how."""

    demo: bool = Field(
        False, description="A demonstration: sample contracts and people, mails into a folder, a clock that can be set."
    )
    host: str = Field("127.0.0.1", description="The address on which the server listens.")
    port: int = Field(8321, ge=0, le=65535, description="The port on which the server listens.")
    base_url: str = Field("", description="The address that people use, such as https://deadlines.agency.gov.")
    trusted_proxies: str = Field(
        "",
        description="The addresses of your own proxies, such as 127.0.0.1, 10.0.0.0/8, whose X-Forwarded-For "
        "says where a request came from. Empty: nobody’s word is taken.",
    )
    session_hours: int = Field(12, ge=1, le=72, description="After how many hours a person signs in again.")
    session_idle_minutes: int = Field(
        120, ge=10, le=1440, description="After how many minutes without any page a person signs in again."
    )
    second_factor: bool | None = Field(
        None,
        description="Ask liaisons, admins and whoever has one for a passkey after the mail. Yes when it is not "
        "set, and no in a demonstration.",
    )
    oidc_issuer: str = Field(
        "", description="The issuer of an agency’s single sign-on (OpenID Connect); empty for none."
    )
    oidc_client_id: str = Field("", description="The name under which the agency knows this server.")
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="The secret that belongs to it.")
    oidc_domains: str = Field(
        "", description="The mail domains whose people may come in that way, such as agency.gov, county.gov."
    )
    oidc_name: str = Field("your agency’s account", description="What the button says: sign in with ...")
    oidc_second_factor: bool = Field(
        False, description="The agency asks for a second factor itself, so that no passkey is asked for after it."
    )

    @property
    def address(self) -> str:
        """The address that people use, without a slash at the end."""
        return (self.base_url or f"http://{self.host}:{self.port}").rstrip("/")

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, said: str) -> str:
        networks_in(said)
        return said

    @property
    def proxies(self) -> Networks:
        """The networks of the proxies whose word on the client's address is taken."""
        return networks_in(self.trusted_proxies)

    @property
    def asks_passkeys(self) -> bool:
        """Whether a passkey is asked for after the mail."""
        return not self.demo if self.second_factor is None else self.second_factor

    @property
    def can_use_passkeys(self) -> bool:
        """Whether browsers allow passkeys at this address: a name, with HTTPS or on this very machine."""
        address = urlsplit(self.address)
        host = address.hostname or ""
        is_number = host.replace(".", "").isdigit() or ":" in host
        return (address.scheme == "https" and not is_number) or host == "localhost"

    @property
    def agency_domains(self) -> tuple[str, ...]:
        """The mail domains of those who may come in with the agency's single sign-on."""
        return tuple(one.lower() for one in _listed(self.oidc_domains))


def wrong_about_access(settings: AccessSettings) -> list[tuple[bool, str]]:
    """Return what would be wrong with these settings, and whether it is, each with its cure."""
    serves_people = not settings.demo
    return [
        (
            serves_people and bool(settings.base_url) and settings.asks_passkeys and not settings.can_use_passkeys,
            f"Browsers allow no passkeys at {settings.address}, so no liaison could come in. Set DUECOURSE_BASE_URL to "
            "a name with https://, or DUECOURSE_SECOND_FACTOR=no.",
        ),
        (
            bool(settings.oidc_issuer) and not (settings.oidc_client_id and settings.agency_domains),
            "Single sign-on is half set. Set DUECOURSE_OIDC_CLIENT_ID and DUECOURSE_OIDC_DOMAINS, too.",
        ),
        (
            bool(settings.oidc_issuer) and not _is_safe_to_ask(settings.oidc_issuer),
            "DUECOURSE_OIDC_ISSUER must begin with https://: what comes from it says who somebody is.",
        ),
    ]


def networks_in(said: str) -> Networks:
    """Return the networks of a list; an address alone is a network of one. Raises ValueError for what is none."""
    return tuple(ip_network(one) for one in _listed(said))


def is_this_machine(host: str) -> bool:
    """Whether a host is the one on which this runs."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_safe_to_ask(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and is_this_machine(parts.hostname or ""))


def _listed(said: str) -> list[str]:
    return said.replace(",", " ").split()
