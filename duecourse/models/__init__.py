"""The tables: what is stored, and the database it is stored in."""

from duecourse.calendar.roles import RoleName
from duecourse.models.absences import Absence
from duecourse.models.access import AgencySignIn, Feed, Passkey, RecoveryCode, SignInLink, SignInRate, SignInSession
from duecourse.models.api import ApiCall, ApiToken
from duecourse.models.audit import AuditEntry, AuditHead
from duecourse.models.channels import ChannelMessage, DailyStop, PersonChannel
from duecourse.models.contracts import ContractRow, Person, Role
from duecourse.models.deliverables import Deliverable, EventRow, LifecycleEntry, Submission, SubmissionFile
from duecourse.models.delivery import Bounce, BounceOutcome, MailPause, ServerSecret, SuppressedAddress
from duecourse.models.enrollment import EnrollmentFigure, HomeVisitor
from duecourse.models.extensions import Extension, ExtensionState, OwnEvent
from duecourse.models.mailbox import MailboxMail
from duecourse.models.mailed import MailedReport
from duecourse.models.notices import Notice, NoticeState, NoticeTry
from duecourse.models.parts import PartEntry, ProgramMember
from duecourse.models.plans import ActionPlan, PlanEntry, PlanStep
from duecourse.models.preferences import Preference
from duecourse.models.receipts import Receipt, SigningKey
from duecourse.models.received import MailKind, ReceivedCandidate, ReceivedMail, ReceivedState
from duecourse.models.rulings import AnnouncedClosure, DefinitionVersion, DueChange, Ruling, RulingKind
from duecourse.models.slots import JobSlot
from duecourse.models.webhooks import DeliveryState, Webhook, WebhookDelivery

__all__ = [
    "Absence",
    "ActionPlan",
    "AgencySignIn",
    "AnnouncedClosure",
    "ApiCall",
    "ApiToken",
    "AuditEntry",
    "AuditHead",
    "Bounce",
    "BounceOutcome",
    "ChannelMessage",
    "ContractRow",
    "DailyStop",
    "DefinitionVersion",
    "Deliverable",
    "DeliveryState",
    "DueChange",
    "EnrollmentFigure",
    "EventRow",
    "Extension",
    "ExtensionState",
    "Feed",
    "HomeVisitor",
    "JobSlot",
    "LifecycleEntry",
    "MailKind",
    "MailPause",
    "MailboxMail",
    "MailedReport",
    "Notice",
    "NoticeState",
    "NoticeTry",
    "OwnEvent",
    "PartEntry",
    "Passkey",
    "Person",
    "PersonChannel",
    "PlanEntry",
    "PlanStep",
    "Preference",
    "ProgramMember",
    "Receipt",
    "ReceivedCandidate",
    "ReceivedMail",
    "ReceivedState",
    "RecoveryCode",
    "Role",
    "RoleName",
    "Ruling",
    "RulingKind",
    "ServerSecret",
    "SignInLink",
    "SignInRate",
    "SignInSession",
    "SigningKey",
    "Submission",
    "SubmissionFile",
    "SuppressedAddress",
    "Webhook",
    "WebhookDelivery",
]
