"""Where the book runs: Colab's list of versions, the workflows, the launch buttons, the citation."""

import re
import tomllib

import matrix
import pytest
import sync
import yaml
from lint import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import colab

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))


# -- Colab's list


def test_colab_has_what_the_package_needs():
    """The set-up cell installs nothing but the package itself, so all that it imports must be there."""
    pins = colab.pins(colab.LIST.read_text("utf-8"))
    for requirement in map(Requirement, PROJECT["dependencies"]):
        found = pins.get(canonicalize_name(requirement.name))
        assert found is not None, f"Colab's list lacks {requirement.name}"
        assert requirement.specifier.contains(found), (
            f"{requirement}, Colab has {found}"
        )


def test_the_list_tells_its_date():
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", colab.listed())


OLD = "# Colab's, as published on 2026-01-01\nnumpy==2.1.3\nml_dtypes==0.6.0\nPyYAML==6.0\n"


def test_a_refreshed_list_has_the_new_versions_of_the_same_packages():
    published = "absl-py==2\nml-dtypes==0.7.1\nnumpy==2.2.0\npyyaml==6.0.3 ; python_version > '3'\nzipp==3\n"
    lines = colab.refreshed(published, OLD, "2027-02-03").splitlines()
    assert lines[2:] == ["numpy==2.2.0", "ml_dtypes==0.7.1", "PyYAML==6.0.3"]
    assert "published on 2027-02-03" in lines[0]


def test_a_package_that_is_gone_is_an_error():
    with pytest.raises(ValueError, match="no longer has ml-dtypes, pyyaml"):
        colab.refreshed("numpy==2.2.0\n", OLD, "2027-02-03")


def test_another_version_is_named():
    pins = colab.pins(colab.LIST.read_text("utf-8"))
    assert colab.wrong_versions(pins) == []
    wrong = colab.wrong_versions({**pins, "numpy": "9.9"} | {"keras": None})
    assert any(line.startswith("numpy ") and line.endswith("got 9.9") for line in wrong)
    assert len(wrong) == 2


def test_the_copied_source_is_what_a_release_holds(tmp_path):
    found = colab.copy_source(tmp_path / "source")
    names = {
        path.relative_to(found).as_posix()
        for path in found.rglob("*")
        if path.is_file()
    }
    assert {
        "pyproject.toml",
        "dlcourse/__init__.py",
        "chapters/00_first_hour.ipynb",
    } <= names
    assert not [
        n for n in names if n.startswith((".venv", ".build", "book/_build", ".git/"))
    ]


# -- the workflows


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_names_what_exists(path):
    text = path.read_text("utf-8")
    jobs = yaml.safe_load(text)["jobs"]
    code = re.sub(r"^\s*#.*$", "", text, flags=re.M)
    assert set(re.findall(r"\bmake ([a-z-]+)", code)) <= TARGETS
    for name in re.findall(r"(?<!\w)((?:tools|chapters|book|\.ci)/[\w./-]+)", text):
        if not name.startswith("book/_build"):
            assert (ROOT / name).exists() or name.startswith("book/records/"), name
    assert all(
        "timeout-minutes" in job for name, job in jobs.items() if name != "pages"
    )
    assert all(
        re.search(r"@v\d+$", step["uses"])
        for job in jobs.values()
        for step in job["steps"]
        if "uses" in step
    )


def test_the_tests_run_on_every_python_that_is_promised():
    jobs = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text("utf-8"))[
        "jobs"
    ]
    specifier = Requirement("x" + PROJECT["requires-python"]).specifier
    promised = [
        f"3.{minor}" for minor in range(8, 20) if specifier.contains(f"3.{minor}.1")
    ]
    assert (
        jobs["test"]["strategy"]["matrix"]["python"] == promised == list(matrix.PYTHONS)
    )


def test_the_weekly_run_opens_an_issue():
    found = yaml.safe_load((ROOT / ".github/workflows/colab.yml").read_text("utf-8"))
    assert found[True]["schedule"]  # YAML reads the key `on` as True
    (last,) = (s for s in found["jobs"]["colab"]["steps"] if s.get("if") == "failure()")
    assert (
        "gh issue create" in last["run"] and found["permissions"]["issues"] == "write"
    )


# -- addresses


def test_one_setting_holds_the_address():
    """No tracked text spells the repository's address but pyproject.toml and what is generated from it."""
    address = PROJECT["urls"]["Repository"].removeprefix("https://")
    allowed = {"pyproject.toml", "CITATION.cff"}
    found = set()
    for pattern in ("*.md", "*.py", "*.yml", "*.toml", "*.cff", "book/*", "tools/*", "docs/**/*", "dlcourse/**/*.py",
                    ".github/**/*", "colab/*"):  # fmt: skip
        for path in ROOT.glob(pattern):
            if (
                path.is_file()
                and path.suffix
                in (".md", ".py", ".yml", ".toml", ".cff", ".js", ".css", ".txt")
                and address in path.read_text("utf-8")
            ):
                found.add(path.relative_to(ROOT).as_posix())
    assert found == allowed


def test_the_citation_follows_the_settings():
    found = yaml.safe_load(sync.citation())
    assert found["version"] == PROJECT["version"]
    assert found["repository-code"] == PROJECT["urls"]["Repository"]
