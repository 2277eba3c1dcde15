"""Which enrollment figures were entered for each month, and which home visitors are there?"""

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from duecourse.models.columns import UTCDateTime


class EnrollmentFigure(SQLModel, table=True):
    """What was entered for one month, program and source. Rows are only ever added; the newest of several holds."""

    __tablename__ = "enrollment_figure"
    __table_args__ = (
        UniqueConstraint("form_key", "program", "source"),
        Index("enrollment_figure_by_contract", "contract_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    contract_id: str = Field(foreign_key="contract.id")
    month: date
    """The first day of the month."""
    program: str = ""
    """The program's id; empty where the contract counts its families as a whole."""
    source: str = ""
    """The funding source; empty where the contract names none."""
    served: int | None = None
    active: int | None = None
    """Families actively enrolled on the month's last day."""
    entered_at: datetime = Field(sa_type=UTCDateTime)
    entered_by: str
    form_key: str
    """The key of the form or call that entered it: the same key twice enters nothing new."""


class HomeVisitor(SQLModel, table=True):
    """What was entered about one home visitor or team, under an opaque id. Rows are only added; the newest holds."""

    __tablename__ = "home_visitor"
    __table_args__ = (Index("home_visitor_by_contract", "contract_id", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    contract_id: str = Field(foreign_key="contract.id")
    reference: str
    """The opaque id that the agency gave; never a name."""
    model: str = ""
    program: str = ""
    fte_hundredths: int
    """The full-time equivalent in hundredths, so that slots are exact."""
    hired_on: date
    left_on: date | None = None
    """The last day of employment."""
    entered_at: datetime = Field(sa_type=UTCDateTime)
    entered_by: str
    form_key: str = Field(unique=True)
