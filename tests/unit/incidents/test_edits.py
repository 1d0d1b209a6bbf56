"""What people correct about an incident, what is refused, and how it is told."""

from dataclasses import replace

import pytest

from bot.errors import NotAllowed, NotFound
from bot.incidents.edits import Edit, differences, edit
from bot.model.ids import IncidentId
from bot.model.incident import IncidentKind, Severity
from bot.model.practice import CustomField
from bot.model.service import Service
from tests.unit.incidents.test_lifecycle import INCIDENT

SERVICES = {"cart": Service(name="cart", owner="shop"), "till": Service(name="till")}
FIELDS = {
    "region": CustomField(name="region", choices=("eu", "us")),
    "ticket": CustomField(name="ticket"),
}


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Edit(), []),
        (Edit(title=INCIDENT.title, severity=INCIDENT.severity, service=""), []),
        (Edit(title=" cart is\nslow "), ["title changed from cart is down to cart is slow"]),
        (
            Edit(severity=Severity.SEV1, kind=IncidentKind.DRILL),
            ["severity changed from SEV2 to SEV1", "kind changed from normal to drill"],
        ),
        (Edit(service="cart"), ["service is cart", "team is shop"]),
        (Edit(service="cart", team="night shift"), ["service is cart", "team is night shift"]),
        (Edit(service="till"), ["service is till"]),
        (Edit(fields={"ticket": "X-1", "region": "eu"}), ["region is eu", "ticket is X-1"]),
        (Edit(fields={"nobody knows": ""}), []),
    ],
)
def test_what_is_said_differs_and_nothing_else(wanted: Edit, said: list[str]) -> None:
    assert differences(INCIDENT, edit(INCIDENT, wanted, SERVICES, FIELDS)) == said


def test_what_is_empty_is_taken_away() -> None:
    full = edit(INCIDENT, Edit(service="cart", fields={"region": "eu"}), SERVICES, FIELDS)
    bare = edit(full, Edit(service="", team="", fields={"region": ""}), SERVICES, FIELDS)
    assert differences(full, bare) == [
        "service is no longer cart", "team is no longer shop", "region is no longer eu",
    ]  # fmt: skip
    assert bare == INCIDENT


@pytest.mark.parametrize(
    ("wanted", "error", "says"),
    [
        (Edit(title=" "), NotAllowed, "an incident needs a title"),
        (Edit(service="crat"), NotFound, "no service is called 'crat'; did you mean 'cart'"),
        (Edit(fields={"regoin": "eu"}), NotFound, "no field is called 'regoin'; did you mean 'region'"),
        (Edit(fields={"region": "mars"}), NotAllowed, "region cannot be 'mars'"),
    ],
)
def test_what_cannot_be_is_refused(wanted: Edit, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        edit(INCIDENT, wanted, SERVICES, FIELDS)


def test_without_a_catalogue_any_service_will_do() -> None:
    assert edit(INCIDENT, Edit(service="whatever"), {}, {}).service == "whatever"


def test_what_is_part_of_another_is_not_changed() -> None:
    with pytest.raises(NotAllowed, match="cannot change incident INC-1: it was merged into INC-2"):
        edit(replace(INCIDENT, merged_into=IncidentId("INC-2")), Edit(title="x"), {}, {})
