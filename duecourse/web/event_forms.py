"""Which events does a contract take, and in which form is each recorded?

Events that concern one family or one member of staff have a form of their own: it takes an opaque id, and no name.
"""

from __future__ import annotations

from dataclasses import dataclass

from duecourse.calendar.own_events import OWN_EVENTS
from duecourse.calendar.schedule import Contract
from duecourse.language.said import say


@dataclass(frozen=True, slots=True)
class Choice:
    """One event, and what starts with it. A planned one may lie in the future."""

    name: str
    title: str
    starts: tuple[str, ...]
    is_planned: bool


@dataclass(frozen=True, slots=True)
class EventForm:
    """The events that are recorded in one form; `is_sent` marks the form that came back with a problem."""

    name: str
    title: str
    about_a_person: bool
    choices: tuple[Choice, ...]
    is_sent: bool


def event_forms(contract: Contract, *, said: str) -> list[EventForm]:
    """Return the forms of a contract's events; `said` is the event that was just sent, or empty."""
    of_people = [name for name in contract.events() if contract.concerns_participants(name)]
    # What a plan records by itself is done on the plan's page.
    of_plans = {name for process in contract.plans for name in process.events}
    unseen = {*of_people, *of_plans, *OWN_EVENTS}
    others = [name for name in contract.events() if name not in unseen]
    forms = [
        EventForm(
            "contract", say("Record an event"), False, _choices(contract, others), bool(said) and said not in of_people
        ),
        EventForm(
            "person",
            say("Record an event of one family or member of staff"),
            True,
            _choices(contract, of_people),
            said in of_people,
        ),
    ]
    return [form for form in forms if form.choices]


def _choices(contract: Contract, names: list[str]) -> tuple[Choice, ...]:
    return tuple(
        Choice(
            name,
            name.replace("-", " ").capitalize(),
            tuple(obligation.title for obligation in contract.started_by(name)),
            contract.is_planned(name),
        )
        for name in names
    )
