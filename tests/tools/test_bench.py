"""The method of the benchmarks, on contestants whose cost is counted instead of timed."""

import importlib
import json
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(autouse=True)
def _path(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield
    for name in (
        "bench",
        "machine",
        "measure",
        "work",
        "contestants",
        "contestants.floor",
        "textbook",
    ):
        sys.modules.pop(name, None)


class Machine:
    """A clock that work moves on. Its speed may drift, or jump now and then."""

    def __init__(self, drift=0.0, jump=0):
        self.now, self.calls, self.drift, self.jump = 0.0, 0, drift, jump

    def clock(self) -> float:
        return self.now

    def step(self, work: float):
        def run():
            self.calls += 1
            slow = 1 + self.drift * self.now
            if self.jump and self.calls % self.jump == 0:
                slow *= 20
            self.now += work * slow

        return run


@pytest.mark.parametrize("machine", [{}, {"drift": 1.0}, {"jump": 997}], ids=str)
@pytest.mark.parametrize(("ours", "theirs"), [(1, 2), (2, 1), (1, 1), (7, 2)])
def test_the_ratio_of_known_work_is_found(machine, ours, theirs):
    measure, fake = importlib.import_module("measure"), Machine(**machine)
    found = measure.compare(
        fake.step(ours * 1e-3), fake.step(theirs * 1e-3), clock=fake.clock
    )
    sure = 0.1 if "jump" in machine else 0.01
    assert found.median == pytest.approx(ours / theirs, rel=sure)
    assert found.low <= found.median <= found.high


def test_a_drift_would_fool_a_plain_order():
    # the same machine, A A B B: what A B B A is for
    fake = Machine(drift=0.05)
    measure = importlib.import_module("measure")
    step = fake.step(1e-3)
    a = [measure.slice_of(step, 2000, fake.clock) for _ in range(2)]
    b = [measure.slice_of(step, 2000, fake.clock) for _ in range(2)]
    assert sum(a) / sum(b) < 0.9


def test_groups_and_slices_keep_to_the_budget():
    measure = importlib.import_module("measure")
    plan = measure.Plan(slice_seconds=0.1, budget=4.0, fewest=3, most=11)
    fake = Machine()
    found = measure.compare(fake.step(0.01), fake.step(0.02), plan, fake.clock)
    assert found.groups == 10  # 40 slices of 0.1 s
    slow = Machine()
    found = measure.compare(slow.step(5.0), slow.step(5.0), plan, slow.clock)
    assert found.groups == plan.fewest
    assert found.ours == pytest.approx(5.0)


def test_the_fastest_way_is_found():
    measure, fake = importlib.import_module("measure"), Machine()
    ways = {"slow": fake.step(3e-3), "fast": fake.step(1e-3), "middle": fake.step(2e-3)}
    name, seconds = measure.fastest(ways, fake.clock)
    assert name == "fast" and seconds["slow"] == pytest.approx(3e-3)


def test_slope_of_a_power():
    measure = importlib.import_module("measure")
    x = [8, 16, 32, 64]
    assert measure.slope(x, [3 * v**2 for v in x]) == pytest.approx(2)
    assert measure.slope(x, [5 + v for v in x]) < 1


def test_floor_counts_the_products():
    floor, work = (importlib.import_module(n) for n in ("contestants.floor", "work"))
    mlp = work.BY_NAME["MLP, batch 32, SGD"].work
    shapes = floor.of_training(mlp)
    # three layers: forward and the weights' gradient each, the input's but for the first
    assert len(shapes) == 3 * 3 - 1
    assert shapes[0] == (32, 784, 300) and shapes[1] == (784, 32, 300)
    multiplied = sum(m * k * n for m, k, n in shapes)
    assert multiplied == 32 * (2 * 784 * 300 + 3 * 300 * 100 + 3 * 100 * 10)
    # ResNet-20: 19 convolutions, 2 shortcuts, 1 dense layer
    resnet = work.BY_NAME["ResNet-20, batch 32, momentum"].work
    assert len(floor.of_training(resnet)) == 3 * 22 - 1
    lenet = floor.of_training(work.BY_NAME["LeNet-5, batch 64, Adam"].work)
    assert lenet[0] == (64 * 28 * 28, 25, 6) and lenet[2] == (64 * 10 * 10, 150, 16)
    assert (64, 400, 120) in lenet


def test_the_table_is_that_of_the_issue():
    items = importlib.import_module("work").ITEMS
    assert len({item.name for item in items}) == len(items) == 14
    assert all(item.goal for item in items)
    assert all(item.beyond <= item.goal for item in items if item.beyond)


def test_rows_of_an_earlier_record_stay(monkeypatch):
    bench = importlib.import_module("bench")
    old = {
        "items": {"a": {"goal": 1}, "b": {"goal": 2}},
        "memory": {"a": {}},
        "growth": {},
        "further": {},
        "import": {"dlcourse": {}},
    }
    new = {
        "items": {"a": {"goal": 3}},
        "memory": {},
        "growth": {},
        "further": {},
        "import": {},
    }
    found = bench.merged(old, new)
    assert found["items"] == {"a": {"goal": 3}, "b": {"goal": 2}}
    assert found["memory"] == {"a": {}} and found["import"] == {"dlcourse": {}}


def test_a_run_lists_what_it_could_not_do(monkeypatch, tmp_path):
    bench = importlib.import_module("bench")

    def ask(request, threads=1):
        match request["task"]:
            case "tables":
                return {"items_x": {"More": 1.0}}
            case "versions":
                return {"Python": "3"}
            case "pair" if request["rival"] == "keras":
                result = {
                    "median": 0.5,
                    "low": 0.4,
                    "high": 0.6,
                    "ours": 1e-3,
                    "theirs": 2e-3,
                }
                return {
                    **result,
                    "groups": 5,
                    "way": "tf.function",
                    "ways": {"tf.function": 2e-3},
                }
        return {"not_run": "for a reason"}

    monkeypatch.setattr(bench, "ask", ask)
    monkeypatch.setattr(
        bench, "imports", lambda *_: {"dlcourse": {"cpu": 0.1, "wall": 0.1}}
    )
    target = tmp_path / "benchmarks.json"
    assert bench.main(["--record", str(target)]) == 0
    record = json.loads(target.read_text("utf-8"))
    assert record["items"]["MLP, batch 32, SGD"]["keras"]["median"] == 0.5
    assert record["items"]["MLP, batch 32, SGD"]["wall"]["way"] == "tf.function"
    assert record["further"]["More"]["keras"] == {"not_run": "for a reason"}
    assert record["growth"]["batch"] == {"not_run": "for a reason"}
    before = target.read_bytes()
    assert bench.main(["--record", str(target), "--quick"]) == 0
    assert target.read_bytes() == before
    assert bench.main(["--record", str(target), "--minutes", "0"]) == 0
    late = json.loads(target.read_text("utf-8"))["items"]["Dropout"]["keras"]
    assert "minutes of the run were over" in late["not_run"]


def test_every_fast_kernel_is_listed_beside_its_textbook_form():
    textbook = importlib.import_module("textbook")
    record = json.loads(textbook.RECORD.read_text("utf-8"))
    items = textbook.items()
    assert list(record) == list(items)
    for name, (fast, slow) in items.items():
        assert fast.func is not slow.func or fast.args != slow.args, name


def test_a_kernel_that_became_slow_is_marked():
    textbook = importlib.import_module("textbook")
    ratio = textbook.Ratio(0.4, 0.35, 0.5, 1.0, 2.5, 5)
    assert textbook.mark(ratio, 0.2) == "slower"
    assert textbook.mark(ratio, 0.25) == ""  # within the spread
    assert textbook.mark(ratio, None) == ""
