"""From the rows that tests/recording.py writes to the tables of book/records/proofs.json."""

import json
import re
from collections import Counter, defaultdict
from pathlib import Path


def rows(folder: Path) -> list[dict]:
    """What the tests wrote down."""
    return [
        json.loads(line)
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]


def summary(found: list[dict]) -> dict:
    """The record's tables from the rows."""
    kinds = defaultdict(list)
    for row in found:
        kinds[row["kind"]].append(row)
    tests = [
        row
        for row in kinds["test"]
        if row["outcome"] == "passed" and "libraries" in row
    ]
    return {
        "tests": dict(Counter(row["outcome"] for row in kinds["test"])),
        "failed": sorted(
            row["test"] for row in kinds["test"] if row["outcome"] == "failed"
        ),
        "twins": twins(kinds["twin"]),
        "beside_keras": others([row for row in tests if "Keras" in row["libraries"]]),
        "gradients": gradients(kinds["gradient"]),
        "refused": dict(Counter(row["by"] for row in kinds["refused"])),
        "oracles": oracles(tests),
        "properties": sorted(
            {name_of(row["test"]) for row in tests if row["property"]}
        ),
    }


def name_of(test: str) -> str:
    """A test without its folder and parameters."""
    return test.split("/")[-1].split("[")[0]


def words(test: str) -> str:
    """a nested model has a twin"""
    return name_of(test).split("::")[-1].removeprefix("test_").replace("_", " ")


def rounded(value: float) -> float:
    return float(f"{value:.2e}")


def twins(found: list[dict]) -> dict:
    """family -> class -> {"cases", "float64", "float32", ...: {largest, tolerance}}.

    A column is a float type on TensorFlow, or another backend.
    """
    groups = defaultdict(list)
    for row in found:
        family, name = row["family"], row["name"]
        if not name:  # no case of the tables: a model that a test builds
            family, name = "models", words(row["test"])
            row = {**row, "case": re.sub(r"-float\d\d(?=\]$)", "", row["test"])}
        groups[family, name].append(row)
    made = {}
    for (family, name), group in sorted(groups.items()):
        entry = {"cases": count(group)}
        for row in group:
            column = row["dtype"] if row["backend"] == "tensorflow" else row["backend"]
            best = entry.setdefault(
                column, {"cases": 0, "largest": 0.0, "tolerance": 0.0}
            )
            best["cases"] += 1
            best["largest"] = max(best["largest"], rounded(row["largest"]))
            best["tolerance"] = max(best["tolerance"], row["tolerance"])
        made.setdefault(family, {})[name] = entry
    return made


def count(group: list[dict]) -> int:
    """How many cases: by the ids of the tests, since cases may share one object."""
    ids = {
        re.sub(r".*\[|(-float\d\d)?\]$", "", r["test"])
        for r in group
        if "[" in r["test"]
    }
    return max(len(ids), len({row["case"] for row in group}))


def gradients(found: list[dict]) -> dict:
    """family -> class -> {"cases", "largest"}."""
    made = {}
    for row in sorted(found, key=lambda row: (row["family"], row["name"])):
        if row["name"]:
            entry = made.setdefault(row["family"], {}).setdefault(
                row["name"], {"cases": [], "largest": 0.0}
            )
            entry["cases"].append(row)
            entry["largest"] = max(entry["largest"], rounded(row["largest"]))
    for family in made.values():
        for entry in family.values():
            entry["cases"] = count(entry["cases"])
    return made


def others(found: list[dict]) -> dict:
    """family -> class -> {"tests", "largest"} of these tests."""
    made = {}
    for row in found:
        for family, name in row["classes"]:
            entry = made.setdefault(family, {}).setdefault(
                name, {"tests": 0, "largest": None}
            )
            entry["tests"] += 1
            if row["compared"]:
                entry["largest"] = max(entry["largest"] or 0.0, rounded(row["largest"]))
    return {
        family: dict(sorted(table.items())) for family, table in sorted(made.items())
    }


def oracles(tests: list[dict]) -> list[dict]:
    """One row an oracle and class: tests and the largest difference they saw.

    A test that compares with Keras uses what else it calls as a tool, and so does a
    test of a property, unless its name says otherwise.
    """
    groups = defaultdict(list)
    for row in tests:
        name = row["test"].lower()
        named = any(word in name for word in ("scipy", "scikit", "torch", "hand"))
        textbook = "the textbook form" in row["libraries"]
        if "Keras" in row["libraries"] or "keras" in name.split("::")[-1]:
            continue
        if row["property"] and not (named or textbook):
            continue
        classes = row["classes"]
        if not classes and (textbook or "kernels" in name):
            classes = [("kernels", words(row["test"]))]
        for library in row["libraries"]:
            for family, kind in classes:
                groups[family, kind, library].append(row)
    made = []
    for (family, name, library), group in sorted(groups.items()):
        compared = [row["largest"] for row in group if row["compared"]]
        made.append({
            "family": family, "name": name, "oracle": library, "tests": len(group),
            "largest": rounded(max(compared)) if compared else None,
            "in": sorted({name_of(row["test"]) for row in group}),
        })  # fmt: skip
    return made
