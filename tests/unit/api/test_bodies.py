"""What a client may send, where it is more than types."""

import pytest
from pydantic import ValidationError

from bot.api.bodies import RunIn


def test_a_number_is_the_text_that_a_person_would_have_typed() -> None:
    sent = '{"inputs": {"replicas": 4, "share": 2.5, "lower": false, "host": "web1"}}'
    assert RunIn.model_validate_json(sent).inputs == {"replicas": "4", "share": "2.5", "lower": "false", "host": "web1"}


@pytest.mark.parametrize("value", ["null", "[1]", "{}"])
def test_what_is_no_single_value_is_refused(value: str) -> None:
    with pytest.raises(ValidationError, match=r"inputs\.n"):
        RunIn.model_validate_json(f'{{"inputs": {{"n": {value}}}}}')
