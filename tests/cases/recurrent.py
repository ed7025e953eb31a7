"""SimpleRNN, LSTM, GRU, Bidirectional, TimeDistributed, Embedding, Masking, RepeatVector."""

from itertools import product

import numpy as np

from cases.base import LayerCase
from dlcourse import layers
from dlcourse.layers import (
    GRU,
    LSTM,
    Bidirectional,
    Embedding,
    Masking,
    RepeatVector,
    SimpleRNN,
    TimeDistributed,
)

# Steps of each of the N samples that count: whole, cut at the end, cut at the start (as
# pad_sequences does), with a hole, one step, none.
COUNTS = np.array(
    [[1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 0, 0, 1], [0] * 4],
    dtype=bool,
)


def whole(rng, shape):
    """Small numbers, so that no gate is shut."""
    return 1.3 * rng.normal(size=shape)


def padded(rng, shape):
    """Steps that do not count are far below zero: relu makes them 0, elu -1, exactly,
    and so in a neighbourhood of x, as finite differences need it."""
    x = whole(rng, shape)
    x[..., 0] = np.abs(x[..., 0]) + 0.1  # the others stay above the kink somewhere
    x[~COUNTS] = -50
    return x


def ids(rng, shape):
    """Ids 1 ... 4, padded with 0. They have no gradient."""
    x = rng.integers(1, 5, shape)
    x[~COUNTS] = 0
    return x


MASKS = {
    "": (whole, list),
    "-masked": (padded, lambda: [layers.Activation("relu"), Masking()]),
}
KINDS = {
    "SimpleRNN": SimpleRNN,
    "LSTM": LSTM,
    "GRU": GRU,
    "GRU-reset-before": lambda units, **options: GRU(
        units, reset_after=False, **options
    ),
}
WORDS = {"return_sequences": "sequences", "go_backwards": "backwards"}


def named(kind, options):
    """LSTM-sequences-backwards."""
    return "-".join([kind, *(WORDS[o] for o, on in options.items() if on)])


def both(*names):
    """Every choice of these boolean options."""
    for values in product([False, True], repeat=len(names)):
        yield dict(zip(names, values, strict=True))


def case(kind, stack, shape=(4, 3), mask="", **options):
    """A case whose layers `stack()` come behind what makes the mask."""
    draw, before = MASKS[mask]
    return LayerCase(
        kind + mask, lambda: [*before(), *stack()], shape, draw=draw, **options
    )


def of_ids(kind, stack, shape=(4,)):
    return LayerCase(kind, stack, shape, draw=ids)


def cell_cases(kind):
    make = KINDS[kind]
    for options in both("return_sequences", "go_backwards"):
        for mask in MASKS:
            yield case(
                named(kind, options), lambda o=options: [make(2, **o)], mask=mask
            )
    sequences = {"return_sequences": True}
    for mask in MASKS:
        yield case(
            f"{kind}-no-bias",
            lambda: [make(2, use_bias=False, **sequences)],
            mask=mask,
        )
        yield case(
            f"{kind}-stack",
            lambda: [make(3, **sequences), make(2), layers.Dense(2)],
            mask=mask,
        )
    yield case(f"{kind}-one-unit", lambda: [make(1, **sequences)], (3, 1))
    yield case(
        f"{kind}-softmax", lambda: [make(3, activation="softmax", **sequences)]
    )  # looks along the units
    for phi in ("elu", None):
        yield case(
            f"{kind}-{phi}",
            lambda phi=phi: [make(2, activation=phi, **sequences)],
            mask="-masked",
        )
    if kind != "SimpleRNN":
        for sigma in ("softplus", "tanh"):
            yield case(
                f"{kind}-gates-{sigma}",
                lambda s=sigma: [make(2, recurrent_activation=s, **sequences)],
                mask="-masked",
            )


def bidirectional_cases():
    for kind, mode, mask in product(KINDS, ("concat", "sum", "mul", "ave"), MASKS):
        if kind == "LSTM" or mode == "concat":
            for options in both("return_sequences"):
                yield case(
                    f"Bidirectional-{named(kind, options)}-{mode}",
                    lambda k=kind, m=mode, o=options: [
                        Bidirectional(KINDS[k](2, **o), m)
                    ],
                    mask=mask,
                )
    yield case(
        "Bidirectional-two-layers",
        lambda: [
            Bidirectional(
                LSTM(2, return_sequences=True),
                backward_layer=LSTM(
                    3, activation="elu", return_sequences=True, go_backwards=True
                ),
            )
        ],
        mask="-masked",
    )
    yield case(
        "Bidirectional-stack",
        lambda: [
            Bidirectional(GRU(2, return_sequences=True)),
            Bidirectional(SimpleRNN(2)),
        ],
        mask="-masked",
    )


LAYERS = {
    "SimpleRNN": list(cell_cases("SimpleRNN")),
    "LSTM": [
        *cell_cases("LSTM"),
        case("LSTM-forget-bias-0", lambda: [LSTM(2, unit_forget_bias=False)]),
    ],
    "GRU": [*cell_cases("GRU"), *cell_cases("GRU-reset-before")],
    "Bidirectional": list(bidirectional_cases()),
    "TimeDistributed": [
        case(
            "TimeDistributed",
            lambda: [TimeDistributed(layers.Dense(2, activation="tanh"))],
            (4, 2, 3),
        ),
        case(
            "TimeDistributed-flatten",
            lambda: [TimeDistributed(layers.Flatten())],
            (3, 2, 2),
        ),
        case(
            "TimeDistributed-between",
            lambda: [
                LSTM(2, return_sequences=True),
                TimeDistributed(layers.Dense(2)),
                GRU(2),
            ],
            mask="-masked",
        ),
        case(
            "TimeDistributed-recurrent",
            lambda: [TimeDistributed(LSTM(2)), SimpleRNN(2)],
            (2, 3, 2),
        ),
    ],
    "Embedding": [
        of_ids("Embedding", lambda: [Embedding(5, 3)], (4,)),
        of_ids("Embedding-two-axes", lambda: [Embedding(7, 2)], (4, 2)),
        of_ids("Embedding-LSTM", lambda: [Embedding(5, 3), LSTM(2)], (4,)),
        *(
            of_ids(
                f"Embedding-mask-zero-{named(kind, options)}",
                lambda k=kind, o=options: [
                    Embedding(5, 3, mask_zero=True),
                    KINDS[k](2, **o),
                ],
                (4,),
            )
            for kind in KINDS
            for options in both("return_sequences", "go_backwards")
        ),
        of_ids(
            "Embedding-mask-zero-Bidirectional",
            lambda: [
                Embedding(5, 3, mask_zero=True),
                Bidirectional(LSTM(2, return_sequences=True), "sum"),
            ],
            (4,),
        ),
    ],
    "Masking": [
        case("Masking-none", lambda: [Masking()]),
        case("Masking", list, mask="-masked"),
        LayerCase(
            "Masking-value",
            lambda: [layers.Activation("elu"), Masking(-1.0), SimpleRNN(2)],
            (4, 3),
            draw=padded,
        ),
        case(
            "Masking-through",
            lambda: [layers.Dense(2), layers.Activation("tanh"), SimpleRNN(2)],
            mask="-masked",
        ),
    ],
    "RepeatVector": [
        LayerCase("RepeatVector", lambda: [RepeatVector(3)]),
        case(
            "RepeatVector-decoder",
            lambda: [LSTM(2), RepeatVector(3), GRU(2, return_sequences=True)],
            mask="-masked",
        ),
    ],
}

X = np.ones((2, 4, 3), np.float32)


def built(layer, shape=(None, 4, 3)):
    layer.build(shape, rng=0)
    return layer


def call(layer, x=X, **options):
    return built(layer).forward(x, **options)


def back(layer, dy):
    layer = built(layer)
    return layer.backward(dy, layer.forward(X)[1])


T, V = TypeError, ValueError
# fmt: off
BAD_INPUT = [
    (lambda: LSTM(0), V, "LSTM: expected units to be a positive whole number", "got 0"),
    (lambda: GRU(2.5), V, "GRU: expected units", "got 2.5"),
    (lambda: SimpleRNN("8"), V, "SimpleRNN: expected units", "got '8'"),
    (lambda: LSTM(2, activation="tan"), V, "activation: expected one of", "Did you mean 'tanh'?"),
    (lambda: GRU(2, recurrent_activation="sigmoids"), V, "Did you mean 'sigmoid'?"),
    (lambda: LSTM(2, recurrent_initializer="ortogonal"), V, "Did you mean 'orthogonal'?"),
    (lambda: LSTM(2).build((None, 4, 3)), T, "LSTM(2): expected rng"),
    (lambda: LSTM(2).forward(X), RuntimeError, "LSTM(2): expected a built layer"),
    (lambda: LSTM(2).build((None, 3), rng=0), V, "LSTM(2): expected x of shape (batch, time, features), got (None, 3)", "x[..., np.newaxis]"),
    (lambda: GRU(2).build((None, 4, None), rng=0), V, "GRU(2): expected a known last axis"),
    (lambda: call(SimpleRNN(2), X[..., :2]), V, "SimpleRNN(2): expected x of shape (batch, time, 3), got (2, 4, 2)"),
    (lambda: call(LSTM(2), X[:, 0]), V, "got (2, 3)", "return_sequences=True"),
    (lambda: call(LSTM(2), X[:, :0]), V, "at least one time step", "(2, 0, 3)"),
    (lambda: call(LSTM(2), mask=np.ones((2, 3), bool)), V, "LSTM(2): expected mask to be bool of shape (2, 4)", "got bool of shape (2, 3)"),
    (lambda: call(GRU(2), mask=np.ones((2, 4))), V, "GRU(2): expected mask to be bool", "got float64"),
    (lambda: call(LSTM(2), initial_state=[np.ones((2, 2))]), V, "LSTM(2): expected initial_state to be a list of 2 arrays of shape (2, 2)", "got shapes [(2, 2)]"),
    (lambda: call(GRU(2), initial_state=[np.ones((2, 3))]), V, "GRU(2): expected initial_state", "[(2, 3)]"),
    (lambda: back(LSTM(2), np.ones((2, 4, 2))), V, "LSTM(2): expected dy of shape (2, 2), as y, got (2, 4, 2)"),
    (lambda: back(LSTM(2, return_sequences=True), np.ones((2, 2))), V, "expected dy of shape (2, 4, 2)"),
    (lambda: Bidirectional(LSTM), T, "Bidirectional: expected a recurrent layer, got", "with brackets"),
    (lambda: Bidirectional(layers.Dense(2)), T, "expected a recurrent layer, got Dense(2)"),
    (lambda: Bidirectional(LSTM(2), "cat"), V, "Bidirectional merge_mode: expected one of", "got 'cat'"),
    (lambda: Bidirectional(LSTM(2, go_backwards=True)), V, "Bidirectional(LSTM(2)): expected one layer to go forward and one backward", "go_backwards=True twice"),
    (lambda: Bidirectional(LSTM(2), backward_layer=LSTM(2)), V, "go_backwards=False twice"),
    (lambda: Bidirectional(LSTM(2), backward_layer=LSTM(2, go_backwards=True, return_sequences=True)), V, "same return_sequences, got False and True"),
    (lambda: Bidirectional(LSTM(2), "sum", LSTM(3, go_backwards=True)), V, "same units", "got 2 and 3"),
    (lambda: call(Bidirectional(LSTM(2)), X[..., :2]), V, "expected x of shape (batch, time, 3)"),
    (lambda: Bidirectional(LSTM(2))(layers.Input((3,))), V, "LSTM(2): expected x of shape (batch, time, features), got (None, 3)"),
    (lambda: TimeDistributed(layers.Dense), T, "TimeDistributed: expected a dlcourse layer", "with brackets"),
    (lambda: TimeDistributed(layers.Dense(2)).build((None, 3), rng=0), V, "TimeDistributed(Dense(2)): expected x of shape (batch, time, ...)", "got (None, 3)"),
    (lambda: call(TimeDistributed(layers.Dense(2)), X[..., :2]), V, "Dense(2): expected x of shape (batch, 3), got (2, 2)"),
    (lambda: Embedding(0, 2), V, "Embedding: expected input_dim"),
    (lambda: Embedding(5, 0), V, "Embedding: expected output_dim"),
    (lambda: built(Embedding(5, 2), (None, 3)).forward(np.array([[1, 5, 0]])), V, "Embedding(5, 2): expected ids from 0 to 4, got 5 at index (0, 1)", "Make input_dim"),
    (lambda: built(Embedding(5, 2), (None, 3)).forward(np.array([[1, 0, 9], [7, 0, 0]])), V, "got 9 at index (0, 2)"),
    (lambda: built(Embedding(5, 2), (None, 3)).forward(np.array([[-1, 3, 0]])), V, "got -1 at index (0, 0)"),
    (lambda: built(Embedding(5, 2), (None, 3)).forward(np.array([[1, 0.5, 0]])), V, "expected ids that are whole numbers, got 0.5 at index (0, 1)"),
    (lambda: built(Embedding(5, 2), (None, 3)).forward(np.array([["a"]])), V, "expected ids that are whole numbers", "got dtype <U1"),
    (lambda: built(Embedding(5, 2), (None, 3)).forward(np.array([[np.nan]])), V, "expected ids that are whole numbers, got nan"),
    (lambda: Masking().build((None, 3), rng=0), V, "Masking: expected x of shape (batch, time, features), got (None, 3)"),
    (lambda: Masking("0"), V, "Masking: expected mask_value", "got '0'"),
    (lambda: RepeatVector(0), V, "RepeatVector: expected n"),
    (lambda: RepeatVector(3).build((None, 4, 3), rng=0), V, "RepeatVector(3): expected x of shape (batch, d), got (None, 4, 3)"),
]
# fmt: on
