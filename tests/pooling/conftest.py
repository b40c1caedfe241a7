"""Every test of the reference runs twice: on whole arrays, and on parts as small as they get."""

import importlib

import pytest

windows = importlib.import_module("course_lib.windows")


@pytest.fixture(scope="module", autouse=True, params=[windows.BLOCK_BYTES, 1], ids=["whole", "in_parts"])
def block_bytes(request):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(windows, "BLOCK_BYTES", request.param)
        yield
