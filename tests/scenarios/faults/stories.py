"""The list of stories: one function each, told once where the fix helps and once where it does not."""

from collections.abc import Awaitable, Callable

from tests.scenarios.faults.responding import End
from tests.scenarios.faults.site import Site

Story = Callable[[Site, bool], Awaitable[End]]
STORIES: dict[str, Story] = {}
"""By what the fault is called."""


def story(fault: str) -> Callable[[Story], Story]:
    """Adds a story: `helps` says whether what is done about its fault helps. It returns the run at its end."""

    def added(told: Story) -> Story:
        assert fault not in STORIES, fault
        STORIES[fault] = told
        return told

    return added
