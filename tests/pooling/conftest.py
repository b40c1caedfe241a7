"""Every test of the poolings runs on whole arrays and in parts."""

import pytest


@pytest.fixture(scope="module", autouse=True)
def always(block_bytes):
    pass
