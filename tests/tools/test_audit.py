"""`make audit` on what pip-audit prints: a fault fails, and so does silence."""

import json

import audit

FAULT = {"id": "PYSEC-1", "fix_versions": ["1.1"], "aliases": [], "description": "x"}
CLEAN = {"name": "a", "version": "1.0", "vulns": []}
FAULTY = {"name": "b", "version": "1.0", "vulns": [FAULT, FAULT | {"fix_versions": []}]}
SKIPPED = {"name": "c", "skip_reason": "not found"}


def summary(*rows):
    return audit.summary(json.dumps({"dependencies": rows, "fixes": []}))


def test_clean_packages_pass_and_what_was_skipped_is_counted():
    status, lines = summary(CLEAN, SKIPPED)
    assert status == 0
    assert lines == ["audit: 1 of 2 packages looked up, 0 known faults"]


def test_a_fault_fails_with_the_version_that_mends_it():
    status, lines = summary(CLEAN, FAULTY)
    assert status == 1
    assert lines[:2] == [
        "b 1.0: PYSEC-1, mended in 1.1",
        "b 1.0: PYSEC-1, not mended yet",
    ]


def test_silence_is_no_audit():
    for status, lines in (summary(SKIPPED), audit.summary("")):
        assert status == 1 and "Nothing was looked up" in lines[-1]
