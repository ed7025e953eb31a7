"""Training leaves out dL/dx of the data: the gradients of the weights stay the same."""

import numpy as np
import pytest

from dlcourse import layers, models, optimizers


def sequential():
    inner = models.Sequential([layers.Flatten(), layers.Dense(3, activation="tanh")])
    return models.Sequential([layers.Input((2, 2)), inner, layers.Dense(2)])


def flat():
    return models.Sequential(
        [layers.Input((2, 2)), layers.Flatten(), layers.Dense(3), layers.Dense(2)]
    )


def without_weights():
    return models.Sequential([layers.Input((2, 2)), layers.Flatten()])


def graph():
    a, b = layers.Input((2, 2)), layers.Input((2, 2))
    one, two = layers.Flatten()(a), layers.Flatten()(b)
    shared = layers.Dense(3, activation="tanh")
    left = shared(one)
    joined = layers.Add()([left, shared(two), layers.Dense(3)(one)])
    return models.Model([a, b], layers.Dense(2)(joined))


@pytest.mark.parametrize(("make", "spared"), [(sequential, 1), (flat, 1), (graph, 3)])
def test_the_first_layers_with_weights_are_spared_the_product(
    make, spared, rng, monkeypatch
):
    # graph: the shared layer is in two nodes, a third has weights of its own
    model, asked, backward = make(), [], layers.Dense.backward

    def noted(self, dy, cache, need_dx=True):
        asked.append(need_dx)
        return backward(self, dy, cache, need_dx)

    monkeypatch.setattr(layers.Dense, "backward", noted)
    model.build(rng=0)
    model.compile("sgd", "mse")
    x = rng.normal(size=(5, 2, 2))
    model.train_on_batch([x, x] if make is graph else x, rng.normal(size=(5, 2)))
    assert asked == [True] + [False] * spared


@pytest.mark.parametrize("make", [sequential, flat, without_weights, graph])
def test_gradients_are_the_same(make, rng):
    model = make()
    model.build(rng=0, dtype="float64")
    x = rng.normal(size=(5, 2, 2))
    x = [x, x + 1] if make is graph else x
    y, cache = model.forward(x)
    dy = rng.normal(size=y.shape)
    dx, grads = model.backward(dy, cache)
    none, without = model.backward(dy, cache, need_dx=False)
    assert none is None and dx is not None
    for path, g, h in optimizers.walk(grads, without):
        np.testing.assert_array_equal(g, h, err_msg="/".join(path))
