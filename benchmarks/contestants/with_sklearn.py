"""scikit-learn's MLPClassifier, where it does the same: networks of dense layers."""

import warnings

import numpy as np
from work import Training

from contestants import NotDone


def build(work, weights=None) -> dict:
    """{"partial_fit": step}; partial_fit is one epoch over what it is given."""
    kinds = {kind for kind, _ in work.blocks} if isinstance(work, Training) else set()
    if kinds != {"dense"}:
        raise NotDone("scikit-learn has networks of dense layers alone")
    from sklearn.neural_network import MLPClassifier  # only where there is work for it

    x, y = work.data()
    hidden = tuple(options["units"] for _, options in work.blocks[:-1])
    net = MLPClassifier(
        hidden,
        solver=work.optimizer.lower(),
        alpha=0.0,
        batch_size=work.batch,
        learning_rate_init=work.learning_rate,
        momentum=0.0,
        nesterovs_momentum=False,
        random_state=0,
    )
    classes = np.arange(10)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net.partial_fit(x, y, classes=classes)  # makes the weights, of x's dtype
    for i, name in enumerate(f"block{i}" for i in range(len(work.blocks))):
        if weights:
            net.coefs_[i][...], net.intercepts_[i][...] = weights[name]

    def step():
        net.partial_fit(x, y)
        return None if work.samples else net.loss_

    return {"partial_fit": step}
