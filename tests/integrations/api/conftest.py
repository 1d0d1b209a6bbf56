"""The house that the pages are tried in serves the API too."""

from tests.integrations.web.conftest import house, played

__all__ = ["house", "played"]
