"""Who gets a report by mail at present, and of whom is no address known?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlmodel import Session

from duecourse.calendar.mailing import Mailing
from duecourse.calendar.roles import RoleName
from duecourse.tracking.staff.people import people_of


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody to whom a report is mailed. `person_id` is None for an address that is nobody's here."""

    name: str
    address: str
    person_id: int | None = None


@dataclass(frozen=True, slots=True)
class Recipients:
    """Who gets a report, who is copied, and the parts in the contract that nobody has."""

    to: tuple[Recipient, ...] = ()
    copied: tuple[Recipient, ...] = ()
    nobody: tuple[str, ...] = ()

    @property
    def are_known(self) -> bool:
        """Whether a mail can go to everybody whom the contract names."""
        return bool(self.to) and not self.nobody


def recipients_of(session: Session, contract_id: str, mailing: Mailing) -> Recipients:
    """Return who gets a report of a contract now; each mailbox once, and in front who is addressed."""
    holders: dict[str, list[Recipient]] = {str(role): [] for role in RoleName}
    for person, role in people_of(session, contract_id):
        holders[str(role)].append(Recipient(person.name, person.email, person.id))
    addresses = {each.address: each for people in holders.values() for each in people}

    def found(named: tuple[str, ...], seen: set[str]) -> Iterator[Recipient]:
        for name in named:
            fixed = addresses.get(name.lower(), Recipient(name, name))
            for each in holders.get(name, [fixed]):
                if each.address.lower() not in seen:
                    seen.add(each.address.lower())
                    yield each

    seen: set[str] = set()
    to = tuple(found(mailing.to, seen))
    copied = tuple(found(mailing.copy_to, seen))
    nobody = tuple(name for name in (*mailing.to, *mailing.copy_to) if holders.get(name, [None]) == [])
    return Recipients(to, copied, tuple(dict.fromkeys(nobody)))
