"""The running means that `fit` and `evaluate` report."""

import numpy as np

from dlcourse.models import data
from dlcourse.models.objective import combine


class Tally:
    """The running means of an epoch: the loss, each output's loss, the metrics."""

    def __init__(self, model):
        self.model, self.total, self.seen = model, 0.0, 0
        self.parts = np.zeros(len(model.loss) if isinstance(model.loss, list) else 0)
        for metric in model.metrics:
            metric.reset_state()

    def add(self, loss, y, y_pred, mask, sample_weight) -> dict[str, float]:
        """The logs after one more batch."""
        n = data.count(y_pred)
        self.total, self.seen = self.total + loss * n, self.seen + n
        logs = {"loss": self.total / self.seen}
        if len(self.parts):
            self.parts += n * np.array(self.model.objective.values)
            for node, part in zip(self.model.outputs, self.parts, strict=True):
                logs[f"{node.layer.name}_loss"] = float(part / self.seen)
        for metric in self.model.metrics:
            weight = combine(mask, sample_weight, y_pred)
            if weight is None:
                metric.update_state(y, y_pred)
            else:
                metric.update_state(y, y_pred, weight)
            logs[metric.name] = metric.result()
        return logs
