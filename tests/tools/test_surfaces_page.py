"""The page "Where it runs", from small records and from none."""

import pytest
from surfaces_page import surfaces_markdown, wins_from
from test_records import rows_of

CHAPTERS = {"05_perceptrons": "5. Perceptrons", "08_keras": "8. Keras"}
RELEASE = ("https://host.example/owner/name", "v9.8")
MATRIX = {
    "runs": {
        "05_perceptrons": {
            "3.11": {
                "tensorflow": {"seconds": 12.34, "date": "2026-11-20"},
                "jax": {"seconds": 20.0, "date": "2026-11-21"},
                "torch": {"failed": "ValueError: no", "date": "2026-11-21"},
            },
        },
    },
    "versions": {"3.11": {"python": "3.11.7", "numpy": "2.4"}},
    "repeated": {
        "05_perceptrons": {
            "tensorflow": {"runs": 2, "values": 41, "differences": [], "drift": {"3.11": 7, "3.10": 0}},
            "jax": {"runs": 2, "values": 40, "differences": ["cell ab: 1 in one run, 2 in the other"], "drift": {}},
        },
    },
}  # fmt: skip
COLAB = {
    "date": "2026-11-21", "list": "2026-08-19", "python": "3.13", "changed": ["numpy"],
    "seconds": {"chapters/08_keras.ipynb": 41.26, "exercises/08_keras.ipynb": 3.0},
    "failed": ["solutions/08_keras.ipynb"],
}  # fmt: skip
MACHINE = {"processor": "A chip", "cores": 2, "memory": "8 GiB", "system": "Linux 6"}
STEP = "training step, {}, by batch size"
GPU = {
    "jax": {
        "08_keras": {
            "gpu": "A card", "driver": "1.2", "date": "2026-11-21", "machine": MACHINE,
            "versions": {"Python": "3.12", "jax": "0.10"},
            "on_gpu": {
                "seconds": 40.0, "peak": 3 * 2**20,
                "series": {
                    STEP.format("plain"): {"16": 0.002, "64": 0.002, "256": 0.002, "1024": 0.004},
                    STEP.format("XLA"): {"16": 0.003, "64": 0.001, "256": 0.0015},
                    "alone, by n": {"8": 0.5},
                },
            },
            "on_cpu": {
                "failed": "TimeoutError: late", "peak": None,
                "series": {STEP.format("plain"): {"16": 0.001, "64": 0.006, "256": 0.02}},
            },
        },
    },
}  # fmt: skip


def page(matrix=None, colab=None, gpu=None):
    return surfaces_markdown(CHAPTERS, matrix, colab, gpu, RELEASE)


def test_without_records_the_page_says_that_nothing_was_run():
    text = page()
    for backend in ("TensorFlow", "JAX", "PyTorch"):
        assert f"**{backend} on a GPU: not run.**" in text
    assert text.count("**Not run:** there is no record yet.") == 2
    assert "~~~{table}" not in text and "None failed" not in text


def test_backends_and_pythons():
    text = page(matrix=MATRIX)
    assert rows_of(text, "Python 3.11: seconds of a chapter, run on 2026-11-20 to 2026-11-21. Python 3.11.7, NumPy 2.4.") == [
        ["5. Perceptrons", "12.3", "20.0", "**failed**"],
        ["8. Keras", "not run", "not run", "not run"],
    ]  # fmt: skip
    never = rows_of(text, "Python 3.13")
    assert [row[1:] for row in never] == [["not run"] * 3] * 2
    assert (
        "- Python 3.11, PyTorch, 5. Perceptrons: **failed**. `ValueError: no`" in text
    )
    assert "- Python 3.12, JAX, 8. Keras: not run." in text
    assert "- Python 3.11, JAX, 5. Perceptrons" not in text
    assert text.count(": not run.\n") == 3 + 6 + 6


def test_the_numbers_of_repeated_runs():
    text = page(matrix=MATRIX)
    assert rows_of(text, "Asserted values that are the same") == [
        ["5. Perceptrons", "41 in 2 runs, Python 3.11: other in 7 cells, Python 3.10: the same", "40 in 2 runs, **cells that differ: 1**", "not compared"],
        ["8. Keras", "not compared", "not compared", "not compared"],
    ]  # fmt: skip
    assert "- JAX, 5. Perceptrons: cell ab: 1 in one run, 2 in the other" in text
    assert "None differs." not in text
    never = {**MATRIX, "repeated": {}}
    assert "Asserted values" not in page(matrix=never)


def test_colab():
    text = page(colab=COLAB)
    assert "Colab's list of 2026-08-19, run on 2026-11-21" in text
    assert rows_of(text, "Seconds of each notebook") == [
        ["5. Perceptrons", "not run", "not run", "not run"],
        ["8. Keras", "41.3", "3.0", "**failed**"],
    ]
    assert "- `solutions/08_keras.ipynb`: **failed**." in text
    assert "- The first cell changed numpy." in text
    assert "- `exercises/05_perceptrons.ipynb`: not run." in text
    names = [
        f"{f}/{n}.ipynb"
        for f in ("chapters", "exercises", "solutions")
        for n in CHAPTERS
    ]
    whole = {**COLAB, "failed": [], "changed": [], "seconds": dict.fromkeys(names, 1.0)}
    assert "None failed" in page(colab=whole).split("## Google Colab")[1]
    assert "None failed" not in text.split("## Google Colab")[1]


def test_gpus():
    text = page(gpu=GPU)
    assert "**TensorFlow on a GPU: not run.**" in text
    assert "**JAX on a GPU: not run.**" not in text
    assert "Measured on A card (driver 1.2); A chip, 2 cores, 8 GiB, Linux 6. Python 3.12, JAX 0.10. 2026-11-21." in text  # fmt: skip
    assert "8. Keras (3 MiB)" in text
    assert rows_of(text, "JAX: milliseconds of a step on the CPU") == [
        ["alone", "n 8", "–", "500", "–", "–"],
        ["training step, XLA", "batch size 256", "–", "1.50", "–", "–"],
        ["training step, plain", "batch size 256", "20.0", "2.00", "**10.0**", "64"],
    ]
    assert rows_of(text, "JAX: milliseconds of a step in plain float32") == [
        ["GPU: training step, XLA", "batch size 256", "2.00", "1.50", "**1.3**", "64"]
    ]
    assert "- CPU, 8. Keras: **failed**. `TimeoutError: late`" in text
    assert "- GPU, 5. Perceptrons: not run." in text


@pytest.mark.parametrize(
    ("slow", "fast", "size"),
    [
        ([1, 2, 4], [2, 1, 1], 2),
        ([1, 2, 4], [0.5, 3, 1], 4),  # one win among losses does not count
        ([1, 2, 4], [0.5, 0.5, 0.5], 1),
        ([1, 2, 4], [1, 2, 4], None),
        ([1, 2], [0.5, 0.5, 9], 1),  # only one measured the last size
        ([], [1, 2], None),
    ],
)
def test_the_size_from_which_one_wins(slow, fast, size):
    def by_size(times):
        return dict(zip((1, 2, 4), times, strict=False))

    assert wins_from(by_size(slow), by_size(fast)) == size


def test_a_reader_can_add_what_is_missing():
    text = page()
    assert (
        "!git clone --depth 1 --branch v9.8 \\\n    https://host.example/owner/name course"
        in text
    )
    assert text.count("make test-gpu\n") == 3
