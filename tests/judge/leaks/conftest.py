import pytest

from stockcast.judge.leaks.raw import markets


@pytest.fixture(scope="session")
def small():
    """Two small markets of simulated stocks."""
    return markets(7, groups=2)
