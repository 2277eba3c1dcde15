"""Which flow keeps the windows of one member of staff, or of one family, planned?"""

from __future__ import annotations

from prefect import flow

from duecourse.flows.entry import run_as_flow


@flow(name="staff-and-participants", retries=2, retry_delay_seconds=60)
def staff_and_participants(shard: int = 1, of: int = 1) -> str:
    """Plan the windows that start with what happens to one person.

    Schedule: every day at 4:40 AM Pacific.

    Each event carries an opaque id and its day, and nothing else of anybody. The day of the event is day 0; months
    are counted to the same day of the month, or to its last day.

    Washington (22-1174), staff: the Confidentiality Statement of New Staff when data is first opened to somebody
    (FY22 1.00, FY23 6.00), the Reference and Background Check before the first work (SOW 4.d), the Approval before
    Subcontracting Staff (SOW 4.c), and Training Records on Request within 10 business days, a house rule (SOW
    4.f(2)).

    Washington, families, until they exit: the Consent to Participate on enrollment (SOW 6.c); the Consent to Share
    Data with DOH by the third visit (SOW 9.f(2)); the Expected Visits of the Month (Attachment 4 Table 5); the Exit
    as Lost to Follow-up on day 91 after the last contact (Table 2); the Visit at the 12-Month Anniversary and the
    Visit at the 18-Month Anniversary, from 30 days before to 30 days after (SOW 12.f(3)); the Depression Screen
    within 3 months of birth or of later enrollment, and the Follow-up to a Positive Depression Screen within 30 days,
    a house rule (SOW 12.f(4)); the Intimate Partner Violence Screen within 6 months of enrollment, the Breastfeeding
    Status from 6 months of age and before 12, the Developmental Screen (ASQ-3) at 10, 18 and 24 months (Table 1); the
    Yearly Demographic Update, and the Insurance Status Update every 6 months (Table 3).

    Connecticut (OEC manual), staff: Pre-Service Training within 6 months of the hire, Required Training of the First
    Year within 12, the Full Caseload of a New Hire after 6, the CQI Practicum of a new supervisor within 12.

    Connecticut, families: From Screening to Enrollment and From Enrollment to the First Visit, 14 days each; the
    Program Consent on enrollment; Outreach after a Missed Visit for 30 days, then the Exit after Failed Outreach by
    the next 15th; the Yearly Demographic and Service Update 12 months after the last one; the Visits after Delivery
    within 56 days; the Notice of a Child's Death by the next business day, and the Close of Services after a Child's
    Death within 90 days.

    Reads the definitions of all contracts, the events recorded under them, and what is stored of these deliverables.

    Writes the deliverables that are missing, moves those whose due moment the definition has changed, and withdraws
    those that are no longer asked for; each change goes into the audit log. What was submitted stays as it was
    decided.

    May run again at any time: a second run finds nothing to do. `shard` of `of` limits it to a part of the contracts.
    """
    return run_as_flow("staff-and-participants", shard=shard, of=of)
