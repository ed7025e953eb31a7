"""pyproject.toml, requirements.lock and environment.yml say the same, and drift is seen."""

import lock
import pytest


def test_the_three_files_agree():
    assert lock.problems() == []


def test_the_plain_install_stays_small():
    import tomllib

    project = tomllib.loads((lock.ROOT / "pyproject.toml").read_text("utf-8"))[
        "project"
    ]
    names = {lock.Requirement(text).name for text in project["dependencies"]}
    assert names == {
        "numpy",
        "keras",
        "tensorflow",
        "matplotlib",
        "ipywidgets",
        "scikit-learn",
        "pooch",
    }
    assert {"gpu", "jax", "torch", "book", "test"} <= project[
        "optional-dependencies"
    ].keys()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("keras==", "kerasx==", "has no keras"),
        ("nbval==", "nbval==0.1 #", "asks for nbval"),
        ("    --hash=sha256:", "    --hush=sha256:", "no hash"),
        (
            "# Versions",
            "--index-url https://example.org\n# Versions",
            "holds an address",
        ),
        ("zipp==", "zipp==0", "environment.yml differs"),
    ],
)
def test_drift_is_seen(old, new, words, monkeypatch, tmp_path):
    text = lock.LOCK.read_text("utf-8")
    assert old in text
    changed = tmp_path / "requirements.lock"
    changed.write_text(text.replace(old, new), "utf-8")
    monkeypatch.setattr(lock, "LOCK", changed)
    assert any(words in problem for problem in lock.problems()), lock.problems()[:3]


def test_colab_versions_are_admitted():
    import tomllib

    published = {
        "numpy": "2.1.3", "keras": "3.13.2", "tensorflow": "2.20.0", "matplotlib": "3.10.0", "ipywidgets": "7.7.1",
        "scikit-learn": "1.6.1", "pooch": "1.9.0",
    }  # fmt: skip
    project = tomllib.loads((lock.ROOT / "pyproject.toml").read_text("utf-8"))[
        "project"
    ]
    for text in project["dependencies"]:
        need = lock.Requirement(text)
        assert need.specifier.contains(published[need.name]), need
