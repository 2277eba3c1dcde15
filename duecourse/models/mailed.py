"""Which reports did this server mail, to whom, and by which notices?"""

from sqlmodel import Field, SQLModel

REPORT_MAIL = "report-mail"
"""The rung of a notice that carries a report. It is about no step of the ladder, and stays wanted until taken back."""


class MailedReport(SQLModel, table=True):
    """One recipient of a report that this server mailed with a submission. Never changed.

    What became of it stands in its notice; the mail itself is a file of the submission.
    """

    __tablename__ = "mailed_report"

    id: int | None = Field(default=None, primary_key=True)
    submission_id: int = Field(foreign_key="submission.id", index=True)
    notice_id: int = Field(foreign_key="notice.id", unique=True)
    name: str
    """The recipient's name, or the address where it is nobody's here."""
    address: str
    is_copy: bool
