"""Fixtures of the browser tests. They need `make html` and Chromium; see `needs` in tests/conftest.py."""

from collections.abc import Iterator

import pytest

from browser.pages import FLAGS, HTML, PAGES, chromium, served


@pytest.fixture(scope="session")
def built(needs) -> None:
    """The built pages."""
    needs("the built book (`make html`)", bool(PAGES))


@pytest.fixture(scope="session")
def address(built) -> Iterator[str]:
    """The pages, served on loopback."""
    with served(HTML) as found:
        yield found


@pytest.fixture(scope="session")
def browser(needs) -> Iterator:
    """One Chromium for all tests."""
    needs("Chromium", chromium() is not None)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        instance = playwright.chromium.launch(
            executable_path=chromium(), args=FLAGS.split()
        )
        yield instance
        instance.close()
