"""In a real JupyterLab: no raw markup, every cell runs, every demo moves, an exercise is done."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest
from lint import ROOT, notebooks
from playwright.sync_api import expect

from browser.pages import BAD_MATHEMATICS, PROSE, RAW

BUSY = "[...document.querySelectorAll('.jp-InputPrompt')].some(p => p.textContent.includes('*'))"
IDLE = "document.querySelector('#jp-main-statusbar')?.textContent.includes('| Idle')"
ERRORS = """[...document.querySelectorAll('.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.error"]')]
  .map(node => node.textContent.slice(-400))"""


@pytest.fixture(scope="module")
def jupyterlab(tmp_path_factory, needs):
    """A JupyterLab on loopback over a copy of the notebooks, showing all cells at once; its address."""
    lab = Path(sys.executable).parent / "jupyter-lab"
    needs("JupyterLab", lab.is_file())
    folder = tmp_path_factory.mktemp("lab")
    for name in ("chapters", "exercises"):
        shutil.copytree(ROOT / name, folder / "work" / name)
    for plugin, values in {
        "notebook-extension/tracker": {"windowingMode": "none"},
        "apputils-extension/notification": {
            "checkForUpdates": False,
            "fetchNews": "false",
            "doNotDisturbMode": True,
        },
    }.items():
        file = folder / "settings/@jupyterlab" / f"{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(values))
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [
        lab, "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}", "--IdentityProvider.token=",
        f"--ServerApp.root_dir={folder / 'work'}", f"--LabApp.user_settings_dir={folder / 'settings'}",
        f"--LabApp.workspaces_dir={folder}", "--ServerApp.disable_check_xsrf=True",
    ]  # fmt: skip
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment.pop("DLCOURSE_DATA", None)  # the chapters at their default size
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            command, stdout=log, stderr=log, cwd=folder, env=environment
        )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{address}/api", timeout=2).close()
                break
            except OSError:
                time.sleep(0.5)
        else:
            pytest.fail(
                "JupyterLab did not start:\n" + (folder / "log").read_text()[-2000:]
            )
        yield address
    finally:
        server.terminate()
        server.wait(timeout=30)


def opened(browser, address: str, path: Path):
    """A notebook in JupyterLab, all Markdown rendered."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{address}/lab/tree/{path.relative_to(ROOT)}?reset")
    expected = sum(
        c.cell_type == "markdown" for c in nbformat.read(path, as_version=4).cells
    )
    rendered = (
        "document.querySelectorAll('.jp-MarkdownCell .jp-RenderedMarkdown').length"
    )
    page.wait_for_function(f"{rendered} >= {expected}", timeout=90_000)
    page.wait_for_function(IDLE, timeout=60_000)  # before, "Run" does nothing
    return page


def start_all(page) -> None:
    """Run all cells: the menu's entry."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


def run_all(page, seconds: int) -> None:
    """Run all cells and wait until none is busy."""
    start_all(page)
    page.wait_for_function(BUSY, timeout=30_000)
    page.wait_for_function(f"!({BUSY})", timeout=1000 * seconds)


def move(page, control):
    """Move a select or a slider by one, by keyboard; returns the way back."""
    control.scroll_into_view_if_needed()
    if control.evaluate("c => c.tagName") == "SELECT":
        index, count = control.evaluate("c => [c.selectedIndex, c.options.length]")
        control.select_option(index=(index + 1) % count)
        return lambda: control.select_option(index=index)
    now, top = (
        float(control.get_attribute(name))
        for name in ("aria-valuenow", "aria-valuemax")
    )
    keys = ("ArrowLeft", "ArrowRight") if now == top else ("ArrowRight", "ArrowLeft")
    control.press(keys[0])
    return lambda: control.press(keys[1])


@pytest.mark.browser
@pytest.mark.parametrize("path", notebooks("chapters"), ids=lambda path: path.stem)
def test_chapter_in_jupyterlab(browser, jupyterlab, path: Path):
    page = opened(browser, jupyterlab, path)
    page.wait_for_function(
        "document.querySelectorAll('mjx-container').length > 20", timeout=60_000
    )
    page.wait_for_timeout(1000)
    assert page.evaluate(BAD_MATHEMATICS) == []
    text = page.evaluate(
        PROSE.replace("SELECTOR", ".jp-MarkdownCell .jp-RenderedMarkdown")
    )
    assert [match[0] for match in RAW.finditer(text.replace("¶", ""))] == []

    run_all(page, seconds=400)
    assert page.evaluate(ERRORS) == []
    demos = page.locator(".jp-OutputArea-output .widget-vbox").all()
    assert demos
    for demo in demos:
        picture = demo.locator("img")
        controls = demo.locator(".noUi-handle, select").all()
        assert controls
        for control in controls:
            first = picture.get_attribute("src")
            back = move(page, control)
            expect(picture).not_to_have_attribute("src", first, timeout=30_000)
            back()
            expect(picture).to_have_attribute("src", first, timeout=30_000)
    assert page.evaluate(ERRORS) == []
    page.close()


def answer(page, source: str) -> None:
    """Write a function into the cell that defines one of its name; run it and the check below."""
    cell = page.locator(".jp-CodeCell").filter(has_text=source.split("(")[0] + "(")
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(source)
    page.keyboard.press("Shift+Enter")  # and on to the next cell, which is the check
    page.keyboard.press("Shift+Enter")


# exercise, its function, what a learner gets wrong there, what the check says to it
EXERCISES = {
    "00_first_hour": ("0.5", "repaired_step", ("p / len(X)", "p"), []),
    "05_perceptrons": ("5.5", "xor_weights", ("[-0.5])\n    return", "[0.5])\n    return"), []),
    "06_multilayer_perceptrons": ("6.6", "repaired", ("e.sum(axis=1, keepdims=True)", "e.sum()"), []),
    "07_backpropagation": ("7.4", "gradient", ("(p - y) / len(x)", "(p - y)"), ["dL/dtheta", "On this input:"]),
    "08_keras": ("8.4", "two_inputs", ("both)\n    return", "h)\n    return"), []),
    "09_initialization": ("9.7", "he_kernel", ("np.sqrt(2 / fan_in)", "2 / fan_in"), []),
    "10_batch_normalization": ("10.3", "fold_after", ("alpha * (b - mean)", "alpha * b"), []),
    "11_optimizers": ("11.10", "ftrl_sums", ("z + g -", "z - g -"), []),
    "12_regularization": ("12.3", "max_norm", ("w.ndim - 1", "1"), []),
}  # fmt: skip


@pytest.mark.browser
@pytest.mark.parametrize("name", EXERCISES)
def test_an_exercise_in_jupyterlab(browser, jupyterlab, name: str):
    """Not answered, a wrong answer, the right one: words and marks say so, and where the wrong one is wrong."""
    number, function, (text, slip), words = EXERCISES[name]
    master = nbformat.read(ROOT / f"solutions/{name}.ipynb", as_version=4)
    right = next(c.source for c in master.cells if f"def {function}(" in c.source)
    wrong = right.replace(text, slip)
    assert wrong != right
    page = opened(browser, jupyterlab, ROOT / f"exercises/{name}.ipynb")
    said = []
    page.on("console", lambda m: m.type == "error" and said.append(m.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    start_all(page)
    check = f'dlcourse.check("{number}")'
    box = page.locator(".jp-CodeCell").filter(has_text=check).locator("[role=status]")
    expect(box).to_contain_text(f"○ Exercise {number}: not answered", timeout=90_000)
    answer(page, wrong)
    expect(box).to_contain_text(f"✗ Exercise {number}: not right yet", timeout=60_000)
    for word in [*words, "Hint: "]:
        expect(box).to_contain_text(word)
    answer(page, right)
    expect(box).to_have_text(f"✓ Exercise {number}: passed", timeout=60_000)
    assert page.evaluate(ERRORS) == [] and said == []
    page.close()
