"""The twins on the Keras backend that KERAS_BACKEND names; tests/test_backends.py runs this. Prints a JSON line."""

import json
import sys
import traceback

import cases
import keras
import numpy as np
import recording

from dlcourse import layers, models, twin

BACKEND = keras.backend.backend()
# JAX computes float64 in float32 unless told otherwise, and compiles every loop anew: seconds for each recurrent case.
DTYPES = ("float32",) if BACKEND == "jax" else ("float32", "float64")
MANY = 12


def layer_cases():
    """Every case; on JAX every fourth of a class with many."""
    for found in cases.LAYERS.values():
        yield from found[:: 4 if BACKEND == "jax" and len(found) > MANY else 1]


def layer(case, rng):
    for dtype in DTYPES:
        model, x = case.model(dtype), case.x(dtype)
        y = rng.normal(size=model(x).shape)
        twin.prove(model, x, y, "mse", seed=case.seed)


def loss(case, rng):
    model = models.Sequential(
        [layers.Input(case.y_pred.shape[1:]), layers.Activation("linear")]
    )
    model.build(rng=0)
    twin.prove(model, case.y_pred, case.y_true, case.loss)


def optimizer(case, rng):
    x, y = rng.normal(size=(8, 5)), rng.normal(size=(8, 4))
    report = twin.prove(cases.mlp("float32"), x, y, "mse", optimizer=case)
    assert len(report.rows) == 11


def fit(_, rng):
    model, x = cases.mlp("float32", "softmax"), rng.normal(size=(8, 5))
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
    theirs = twin.to_keras(model)
    options = {"epochs": 2, "batch_size": 3, "shuffle": False, "verbose": 0}
    labels = rng.integers(0, 4, 8)
    ours, record = (
        model.fit(x, labels, **options),
        theirs.fit(x.astype("float32"), labels, **options),
    )
    for name, values in record.history.items():
        np.testing.assert_allclose(ours.history[name], values, rtol=1e-5, err_msg=name)
    back = twin.from_keras(theirs)
    np.testing.assert_allclose(back.predict(x), model.predict(x), rtol=1e-4)


def main() -> None:
    recording.from_environment()
    skipped = cases.NOT_ON.get(BACKEND, {})
    work = [(layer, case) for case in layer_cases()]
    # Each backend has its own order of clip and sum.
    work += [
        (loss, case) for case in cases.all_of(cases.LOSSES) if "clipped" not in case.id
    ]
    work += [(optimizer, case) for case in cases.all_of(cases.OPTIMIZERS)]
    work += [(fit, "fit")]
    proved, failed, left_out = 0, {}, []
    for prove, case in work:
        name = case if isinstance(case, str) else cases.name_of(case)
        if name in skipped:
            left_out.append(name)
            continue
        if BACKEND == "jax" and proved % 100 == 0:  # compiled code adds up to gigabytes
            import jax

            jax.clear_caches()
        try:
            prove(case, np.random.default_rng(0))
            proved += 1
        except Exception as error:
            failed[name] = f"{type(error).__name__}: {error}"[:300]
            traceback.print_exc(limit=-2, file=sys.stderr)
    print(
        json.dumps(
            {
                "backend": BACKEND,
                "proved": proved,
                "failed": failed,
                "left_out": left_out,
            }
        )
    )


if __name__ == "__main__":
    main()
