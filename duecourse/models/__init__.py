"""The tables: what is stored, and the database it is stored in."""

from duecourse.models.access import Feed, SignInLink, SignInSession
from duecourse.models.audit import AuditEntry, AuditHead
from duecourse.models.contracts import ContractRow, Person, Role, RoleName
from duecourse.models.deliverables import Decision, Deliverable, EventRow, Outcome, Submission
from duecourse.models.notices import Notice, NoticeState
from duecourse.models.slots import JobSlot

__all__ = [
    "AuditEntry",
    "AuditHead",
    "ContractRow",
    "Decision",
    "Deliverable",
    "EventRow",
    "Feed",
    "JobSlot",
    "Notice",
    "NoticeState",
    "Outcome",
    "Person",
    "Role",
    "RoleName",
    "SignInLink",
    "SignInSession",
    "Submission",
]
