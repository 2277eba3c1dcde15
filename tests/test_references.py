"""Is everything refused that could say who a family is, and an opaque id taken?"""

from __future__ import annotations

import pytest

from duecourse.errors import BadInput
from duecourse.tracking.references import checked_reference


@pytest.mark.parametrize("reference", ["C-1042", "1042", "FLO-88217-A", "A1", "X9Z-0042"])
def test_an_opaque_id_is_taken(reference: str) -> None:
    assert checked_reference(f" {reference} ", participant=True) == reference


@pytest.mark.parametrize(
    "reference",
    [
        "",
        "Maria Lopez",
        "LOPEZ",
        "LOPEZ, MARIA",
        "maria.lopez@example.org",
        "1998-04-12",
        "4/12/1998",
        "04-12-98",
        "19980412",
        "12APR1998",
        "12-APR-98",
        "360-778-6055",
        "3607786055",
        "123-45-6789",
        "509 Girard St",
        "C-1042 (Maria)",
        "C" * 60 + "1",
    ],
)
def test_what_could_say_who_somebody_is_is_refused_with_the_cure(reference: str) -> None:
    with pytest.raises(BadInput, match="capital letters and digits"):
        checked_reference(reference, participant=True)


@pytest.mark.parametrize("reference", ["", "Policy WC-2022-118", "DOH query 7"])
def test_a_documents_number_is_taken_for_other_events(reference: str) -> None:
    assert checked_reference(reference, participant=False) == reference


@pytest.mark.parametrize("reference", ["born 1998-04-12", "maria@example.org", "call 778-6055", "x" * 81])
def test_nothing_about_a_person_is_kept_with_other_events(reference: str) -> None:
    with pytest.raises(BadInput):
        checked_reference(reference, participant=False)
