"""What the tests of figures share."""

import matplotlib as mpl
import pytest

from stockcast.book import figures


@pytest.fixture
def styled():
    """The book's style, for one test only."""
    with mpl.rc_context():
        figures.style()
        yield
