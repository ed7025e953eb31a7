"""Records of long runs: written, read, and stale when the meaning of the code changes."""

import pytest

from dlcourse import hardware, results

SCRIPT = (
    '"""Train."""\n# a comment\ndef run(seed):\n    """Once."""\n    return seed + 1\n'
)


@pytest.fixture
def record(monkeypatch, tmp_path):
    """A saved record with its script; the package's own folder stays untouched."""
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    monkeypatch.setattr(hardware, "versions", lambda: "versions")
    script = tmp_path / "run.py"
    script.write_text(SCRIPT)
    modules = ["optimizers", "layers/core"]
    code = results.code_hash(script, modules)
    results.save("run", {"accuracy": [0.5, 0.75]}, script, modules, code)
    return results.load("run"), script


def test_round_trip(record):
    found, script = record
    assert found["accuracy"] == [0.5, 0.75] and found["script"] == "run.py"
    assert (
        found["modules"] == ["layers/core", "optimizers"] and len(found["hash"]) == 16
    )
    assert not results.is_stale(found, script.parent)


@pytest.mark.parametrize(
    ("change", "stale"),
    [
        (("# a comment", "# another"), False),
        (('"""Once."""', '"""Twice."""'), False),
        (("seed + 1", "(seed\n        + 1)"), False),
        (("seed + 1", "seed + 2"), True),
    ],
)
def test_stale_means_the_code_changed(record, change, stale):
    found, script = record
    script.write_text(SCRIPT.replace(*change))
    assert results.is_stale(found, script.parent) is stale


def test_a_missing_record_lists_what_there_is(record):
    with pytest.raises(
        FileNotFoundError,
        match=r"expected a record 'walk'; there are: run\. `make results`",
    ):
        results.load("walk")


def test_the_hash_is_the_same_on_every_python():
    source = "def f(x: int) -> str:\n    'Doc.'\n    return f'{x!r:>3}'\n"
    assert results.canonical(source) == (
        "Module(body=[FunctionDef(name='f', args=arguments(args=[arg(arg='x', "
        "annotation=Name(id='int', ctx=Load()))]), body=[Return(value=JoinedStr(values="
        "[FormattedValue(value=Name(id='x', ctx=Load()), conversion=114, format_spec="
        "JoinedStr(values=[Constant(value='>3')]))]))], returns=Name(id='str', "
        "ctx=Load()))])"
    )
