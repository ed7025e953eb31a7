"""Dense, Activation, Flatten, Dropout, Input."""

from cases.base import LayerCase, dense
from dlcourse import activations, layers

LAYERS = {
    "Dense": [
        LayerCase("Dense", dense()),
        LayerCase("Dense-no-bias", dense(use_bias=False)),
        LayerCase("Dense-one-unit", lambda: [layers.Dense(1)], (1,)),
        LayerCase("Dense-sequence", dense(activation="tanh"), (3, 5)),
        LayerCase("Dense-leading-axes", dense(activation="softmax"), (2, 3, 5)),
        LayerCase(
            "Dense-leading-no-bias", dense(use_bias=False, activation="gelu"), (3, 5)
        ),
        *(
            LayerCase(f"Dense-{phi}", dense(activation=phi))
            for phi in activations.ACTIVATIONS
        ),
        LayerCase(
            "Dense-stack",
            lambda: [*dense(activation="tanh")(), *dense(activation="softmax")()],
        ),
    ],
    "Activation": [
        *(
            LayerCase(f"Activation-{phi}", lambda phi=phi: [layers.Activation(phi)])
            for phi in activations.ACTIVATIONS
        ),
        LayerCase(
            "Activation-images", lambda: [layers.Activation("softmax")], (2, 3, 4)
        ),
    ],
    "Flatten": [
        LayerCase("Flatten-flat", lambda: [layers.Flatten()]),
        LayerCase(
            "Flatten-images", lambda: [layers.Flatten(), layers.Dense(3)], (2, 3)
        ),
        LayerCase("Flatten-channels", lambda: [layers.Flatten()], (2, 3, 2)),
    ],
    "Dropout": [
        LayerCase("Dropout-off", lambda: [layers.Dropout(0.4)]),
        LayerCase("Dropout-training", lambda: [layers.Dropout(0.4)], seed=3),
        LayerCase("Dropout-zero", lambda: [layers.Dropout(0), layers.Dense(2)], seed=3),
        LayerCase(
            "Dropout-between",
            lambda: [*dense()(), layers.Dropout(0.5), *dense()()],
            (3, 5),
            seed=3,
        ),
    ],
    "InputLayer": [LayerCase("InputLayer", lambda: [layers.Dense(2)], (7,))],
}
