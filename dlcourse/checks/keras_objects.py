"""Comparing what a learner built with Keras with our own layers and optimizers.

A probe makes the learner's object, gives it weights and data that were drawn here, and
tells what came out (dlcourse/probes/ch08.py); here it is compared with what our own
model, with the same weights and data, gives.
"""

import numpy as np

from dlcourse import layers, models
from dlcourse.checks.compare import Wrong, expect, kind_of, parts, show

NEAR = {"rtol": 1e-4, "atol": 1e-5}  # what float32 leaves


def network(rng, inputs, *stack, scale=1.0):
    """Our model with drawn weights, biases too, that float32 holds exactly."""
    shape = (inputs,) if isinstance(inputs, int) else inputs
    net = models.Sequential([layers.Input(shape), *stack])
    net.build(rng=rng, dtype="float64")
    net.set_weights(
        [
            single(scale * rng.normal(size=w.shape) / np.sqrt(np.prod(w.shape[:-1])))
            for w in net.get_weights()
        ]
    )
    return net


def single(a):
    return np.asarray(a, np.float32)


def floats(net):
    """Its weights for Keras."""
    return [single(w) for w in net.get_weights()]


def given(ours, x, y=None, **more) -> dict:
    """Our weights and the data, for a probe."""
    if y is not None:
        more["y"] = single(y) if y.dtype.kind == "f" else y
    return {"weights": floats(ours), "x": single(x), **more}


def told(answer, probe, where, what, *inputs) -> dict:
    """What a probe says of the object that an answer made."""
    return objects(answer.through(probe, *inputs), where, what)


def objects(found, where, what) -> dict:
    """A reply as a dict; texts and shapes that are none are left out."""
    if not isinstance(found, dict):
        kind = kind_of(found)
        ask = " Is there a return?" if kind == "NoneType" else ""
        raise Wrong(f"{where}: expected {what}, got {kind}.{ask}")
    found = dict(found)
    for key in ("kinds", "warned", "layers"):
        found[key] = [t for t in listed(found.get(key)) if isinstance(t, str)]
    for key in ("shapes", "inputs"):
        found[key] = [s for s in listed(found.get(key)) if is_shape(s)]
    if found["warned"]:
        raise Wrong(f"{where}: Keras warns: {found['warned'][0]}")
    return found


def listed(value) -> list:
    return value if isinstance(value, list) else []


def is_shape(value) -> bool:
    return isinstance(value, tuple) and all(n is None or type(n) is int for n in value)


def wanted_kind(found, kind, where) -> None:
    kinds = found["kinds"]
    if kind not in kinds or (kind == "Functional" and "Sequential" in kinds):
        got = kinds[0] if kinds else "another"
        raise Wrong(f"{where}: expected the class {kind}, got {got}.")


def shapes(found, weights, where) -> None:
    """Whether the weights have the shapes they should have, in any order."""
    got, want = found["shapes"], [w.shape for w in weights]
    if not got:
        raise Wrong(
            f"{where}: the model has no weights yet, since it does not know the shape "
            "of its input. Begin with keras.Input."
        )
    if sorted(map(str, got)) != sorted(map(str, want)):
        raise Wrong(f"{where}: expected weights of shapes {want}, got {got}.")


def outputs(found, want, where, fault="does not work") -> None:
    its_layers = f"\nIts layers: {', '.join(found['layers'])}."
    if "failed" in found:
        raise Wrong(f"{where} {fault}. {found['failed']}{its_layers}")
    if "outputs" not in found:
        raise Wrong(f"{where}: inputs of shapes {found['inputs']} do not fit.")
    atol = 1e-5 * max(1, np.abs(want).max())
    try:
        near(found["outputs"], want, f"outputs of {where} with drawn weights", atol)
    except Wrong as error:
        raise Wrong(f"{error}{its_layers}") from None


def near(got, want, where, atol=2e-5) -> None:
    """Up to float32. Of a large array it tells the entry that is farthest off."""
    try:
        expect(got, want, where, rtol=1e-4, atol=atol)
    except Wrong:
        large = isinstance(got, np.ndarray) and got.shape == want.shape != ()
        if not large or want.size < 7 or not np.isfinite(got).all():
            raise
        i = np.unravel_index(np.abs(got - want).argmax(), want.shape)
        at = ", ".join(map(str, i))
        said = f"at [{at}] expected {want[i]:.6g}, got {got[i]:.6g}"
        raise Wrong(f"{where}: {said}.") from None


def same_outputs(found, ours, x, where, fault="does not work") -> None:
    """Whether a Keras model computes with our weights what ours does."""
    shapes(found, ours.get_weights(), where)
    outputs(found, ours.predict(single(x)), where, fault)


def same_training(found, ours, x, y, steps, where) -> None:
    """Whether it is compiled as ours is: loss, metrics, and weights after the steps."""
    results = found.get("results")
    if not isinstance(results, dict):
        raise Wrong(f"{where}: the model is not compiled.")
    for name, want in ours.evaluate(x, y, return_dict=True).items():
        got = next((n for n in results if alike(n, name)), None)
        if got is None:
            have = ", ".join(results)
            raise Wrong(f"{where}: expected the metric {name}, got {have}.")
        expect(results[got], want, f"{name} of {where} with drawn weights", **NEAR)
    for _ in range(steps):
        ours.train_on_batch(x, y)
    try:
        same(found.get("weights"), ours, f"weights of {where} after {steps} steps")
    except Wrong as error:
        raise Wrong(f"{error}\nIts optimizer: {found.get('optimizer')}.") from None


def alike(name: str, wanted: str) -> bool:
    """sparse_categorical_accuracy is an accuracy, too."""
    return name == wanted or (wanted == "accuracy" and "acc" in name)


def same(weights, ours, where) -> None:
    """The weights one by one, as Keras orders them."""
    wants = ours.get_weights()
    for i, got in enumerate(parts(weights, len(wants))):
        near(got, wants[i], f"{where}: get_weights()[{i}]")


def moves(answer, where, kind, ours, at, rng) -> None:
    """Compare a Keras optimizer with ours, at these step numbers."""
    start, gradients = rng.normal(size=3), rng.normal(0, 3, (len(at), 3))
    what, inputs = f"a keras.optimizers.{kind}", (list(at), single(gradients))
    found = told(answer, "optimizer", where, what, single(start), *inputs)
    compare_moves(found, where, kind, ours, start, at, gradients)


def compare_moves(found, where, kind, ours, start, at, gradients) -> None:
    wanted_kind(found, kind, where)
    params, atol = {"w": np.array(start, float)}, 1e-6 * np.abs(start).max() + 1e-10
    rates, path = (parts(listed(found.get(k)), len(at)) for k in ("rates", "path"))
    for i, t in enumerate(at):
        ours.iterations = t
        want = ours.learning_rate
        expect(rates[i], want, f"learning rate of {where} after {t} steps", rtol=1e-4)
        ours.apply(params, {"w": gradients[i]})
        said = f"weights that began at {show(start)} after {i + 1} steps of {where}"
        expect(path[i], params["w"], said, rtol=1e-4, atol=atol)
