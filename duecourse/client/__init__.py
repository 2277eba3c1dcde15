"""How does a program speak with a Duecourse server? A small typed client of its JSON API.

    with Duecourse("https://deadlines.agency.gov", token="duecourse_…") as server:
        for deliverable in server.deliverables(standing=["overdue"]):
            print(deliverable.title, deliverable.due_phrase)

It stands alone: copy this folder to the same path, and it needs httpx and pydantic, nothing else of the package. Every
refusal is a `Problem` with the words of the server. A change is sent with a key of its own and tried again under the
same key when no answer came, so that it is made once.
"""

from duecourse.client.answers import (
    Answered,
    CheckedDate,
    CheckedObligation,
    Checks,
    Contract,
    Deliverable,
    Draft,
    Flaw,
    Import,
    ImportedLine,
    ImportedTrouble,
    MailAside,
    Outcome,
    PrintedDate,
    Submission,
    SubmittedFile,
    WouldTell,
)
from duecourse.client.connection import Problem
from duecourse.client.server import Duecourse

__all__ = [
    "Answered",
    "CheckedDate",
    "CheckedObligation",
    "Checks",
    "Contract",
    "Deliverable",
    "Draft",
    "Duecourse",
    "Flaw",
    "Import",
    "ImportedLine",
    "ImportedTrouble",
    "MailAside",
    "Outcome",
    "PrintedDate",
    "Problem",
    "Submission",
    "SubmittedFile",
    "WouldTell",
]
