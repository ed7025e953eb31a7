"""Plain data and how it travels; what runs beside a learner's code."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dlcourse.probes import respond, wire
from dlcourse.probes.box import reply
from dlcourse.probes.wire import Foreign, WireError, decode, encode, plain

bounded = settings(deadline=None, derandomize=True, max_examples=100)
tables = arrays.arrays(
    st.sampled_from([d for d in wire.DTYPES]),
    arrays.array_shapes(min_dims=0, min_side=0),
)
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | tables
)
data = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


def equal(a, b) -> bool:
    """The same values and the same types."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return type(a) is type(b) and a.dtype == b.dtype and a.shape == b.shape and (
            a.tobytes() == b.tobytes()
        )  # fmt: skip
    if type(a) is not type(b):
        return False
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(equal(a[k], b[k]) for k in a)
    return a == b or (a != a and b != b)


@bounded
@given(data)
def test_plain_data_arrive_as_they_were_sent(value):
    assert equal(decode(encode(value)), plain(value))


class Liar(np.ndarray):
    """An array that equals everything."""

    def __eq__(self, other):
        return True


class Text(str):
    def __eq__(self, other):
        return True

    __hash__ = str.__hash__


def test_only_plain_types_come_out(rng):
    found = plain([np.zeros(2).view(Liar), Text("a"), np.float32(2), True])
    assert type(found[0]) is np.ndarray and type(found[1]) is str
    assert found[1] != "b" and type(found[2]) is np.float32 and found[3] is True
    for odd in (object(), {1: 2}, 1j, np.array([object()]), np.array(["a"]), {1, 2}):
        assert isinstance(plain(odd), Foreign)
    deep = []
    for _ in range(50):
        deep = [deep]
    assert "Foreign" in repr(type(plain(deep)[0])) or encode(deep)


class Hostile:
    def __repr__(self):
        raise RuntimeError

    def __array__(self, *arguments, **named):
        raise RuntimeError


def test_hostile_objects_are_named_by_their_type():
    assert plain(Hostile()) == Foreign("Hostile", "")


FORGED = [
    "", "nothing", "[", "NaN", '{"float": "1e5"}', '{"float": ["nan"]}', '{"what": 1}',
    '{"tuple": 1}', '{"dict": []}', '{"int": "zz"}', '{"foreign": [1, 2]}',
    '{"array": ["float64", [2], "AAAA"], "scalar": false}',
    '{"array": ["object", [1], "AAAAAAAAAAA="], "scalar": false}',
    '{"array": ["float64", [-1], "AAAAAAAAAAA="], "scalar": false}',
    '{"array": ["float64", [1099511627776, 1099511627776], ""], "scalar": false}',
    '{"array": ["bool", [1], "Bw=="], "scalar": false}',
    '{"array": ["float64", "1", "AAAAAAAAAAA="], "scalar": false}',
    '{"array": ["float64", [1], "!"], "scalar": false}', '{"array": 1, "scalar": false}',
    "[" * 500 + "]" * 500, "[" * 100_000,
]  # fmt: skip


@pytest.mark.parametrize("text", FORGED, ids=lambda text: text[:30] or "empty")
def test_what_is_no_plain_data_is_refused(text):
    with pytest.raises(WireError):
        decode(text)


def test_large_messages_are_refused(monkeypatch):
    monkeypatch.setattr(wire, "LONGEST", 100)
    with pytest.raises(WireError, match="at most 100 characters"):
        decode(json.dumps("x" * 200))
    monkeypatch.setattr(wire, "LONGEST", 10**7)
    with pytest.raises(WireError, match="expected less"):
        decode(json.dumps([0] * (wire.MOST + 1)))
    with pytest.raises(WireError, match="at most"):
        decode(None)


@bounded
@given(st.text(max_size=60))
def test_no_text_does_harm(text):
    try:
        decode(text)
    except WireError as error:
        assert str(error)


def double(x):
    return 2 * x


def test_look():
    names = {"f": double, "x": 3, "none": None, "m": object(), "K": dict}
    found = respond(names, {"look": ["f", "x", "none", "m", "K", "absent"]})
    assert found["f"] == {"callable": "function"} and found["K"] == {"callable": "type"}
    assert found["x"] == {"value": 3} and found["m"] == {"foreign": "object"}
    assert found["none"] == found["absent"] == {"missing": True}


def test_call():
    def changes(x):
        x += 1
        return x

    def fails(x):
        return x / "a"

    def todo(x):
        raise NotImplementedError

    names = {"double": double, "changes": changes, "fails": fails, "todo": todo}

    def call(name, *inputs):
        return respond(names, {"call": [name], "inputs": list(inputs)})

    assert call("double", 2) == {"value": 4, "changed": []}
    assert call("changes", np.zeros(2))["changed"] == [0]
    assert call("changes", np.full(2, np.nan))["changed"] == []
    assert call("todo", 1) == {"todo": True}
    assert call("fails", 1)["raised"]["kind"] == "TypeError"
    assert call("double")["raised"]["kind"] == "TypeError"


def test_a_probe_stands_between():
    names = {"f": lambda v: v * v}
    request = {"call": ["f"], "probe": "ch07.operation", "inputs": [3.0]}
    assert respond(names, request)["value"] == (9.0, [6.0], True)


def test_box_answers_in_text():
    text = reply(encode({"call": ["f"], "inputs": [np.ones(3)]}), {"f": double})
    assert decode(text)["value"].tolist() == [2, 2, 2]
