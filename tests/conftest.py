"""Settings for the whole suite; being here also lets every test import the modules beside it."""

import importlib
import os

import pytest
from hypothesis import settings

windows = importlib.import_module("course_lib.windows")  # The attribute of that name is the function.

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
settings.register_profile("course", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("course")

CHROMIUM = "/usr/bin/chromium"
# As root Chromium runs only without its own sandbox; the rest keeps it from calling home.
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)


@pytest.fixture(scope="session")
def browser():
    """One for all tests of pages: Playwright's plain interface allows no second one beside it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module", params=[windows.BLOCK_BYTES, 1], ids=["whole", "in_parts"])
def block_bytes(request):
    """A test that asks for it runs twice: on whole arrays, and on parts as small as they get."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(windows, "BLOCK_BYTES", request.param)
        yield
