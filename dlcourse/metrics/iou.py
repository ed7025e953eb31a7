"""Intersection over union, for masks and label images."""

import numpy as np

from dlcourse.losses.base import EPSILON
from dlcourse.metrics.base import Metric
from dlcourse.metrics.confusion import confusions
from dlcourse.validation import as_floats, as_numbers, require_positive_int


class IoU(Metric):
    """TP / (TP + FP + FN) of each class, averaged over `target_class_ids`.

    Over all pixels of all batches, not image by image. A class that is neither in the
    targets nor in the predictions is left out of the mean. With sparse_y_true False the
    targets are one-hot, with sparse_y_pred False the outputs are scores; the largest
    counts. Pixels of `ignore_class`, and those whose numbers lie outside
    0 ... num_classes - 1, are left out, as in Keras. ValueError where a target class is
    none of the classes. Keras: keras.metrics.IoU.
    """

    default_name = "io_u"

    def __init__(
        self,
        num_classes: int,
        target_class_ids: "list[int] | tuple[int, ...]",
        name: str | None = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
    ):
        self.num_classes = require_positive_int(self.who, "num_classes", num_classes)
        self.target_class_ids = list(target_class_ids)
        known = range(num_classes)
        if not self.target_class_ids or set(self.target_class_ids) - set(known):
            raise ValueError(
                f"{self.who}: expected target_class_ids from 0 to {num_classes - 1}, "
                f"got {target_class_ids}."
            )
        self.ignore_class = ignore_class
        self.sparse_y_true, self.sparse_y_pred = sparse_y_true, sparse_y_pred
        super().__init__(name)

    def reset_state(self):
        self.counts = np.zeros((self.num_classes, self.num_classes))

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true = as_numbers(self.who, "y_true", y_true)
        y_pred = as_floats(self.who, "y_pred", y_pred)
        y_true = y_true if self.sparse_y_true else y_true.argmax(axis=-1)
        y_pred = y_pred if self.sparse_y_pred else y_pred.argmax(axis=-1)
        y_true = self.targets(y_true, y_pred)
        w = self.weights(sample_weight, y_pred.shape)
        known = (y_true != self.ignore_class) & (y_true >= 0) & (y_pred >= 0)
        known &= (y_true < self.num_classes) & (y_pred < self.num_classes)
        self.counts += confusions(
            y_true[known], y_pred[known], self.num_classes, w[known]
        )

    def result(self):
        hits = self.counts.diagonal()
        union = self.counts.sum(axis=0) + self.counts.sum(axis=1) - hits
        hits, union = hits[self.target_class_ids], union[self.target_class_ids]
        seen = union > 1e-9
        ratios = hits[seen] / (union[seen] + EPSILON)
        return float(ratios.sum() / (seen.sum() + EPSILON))


class BinaryIoU(IoU):
    """IoU of background (class 0) and object (class 1: y_pred >= threshold).

    Keras: keras.metrics.BinaryIoU.
    """

    default_name = "binary_io_u"

    def __init__(
        self,
        target_class_ids: "list[int] | tuple[int, ...]" = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
    ):
        super().__init__(2, target_class_ids, name)
        self.threshold = threshold

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_pred = as_floats(self.who, "y_pred", y_pred) >= self.threshold
        super().update_state(y_true, y_pred, sample_weight)


class MeanIoU(IoU):
    """IoU averaged over all classes. Keras: keras.metrics.MeanIoU."""

    default_name = "mean_io_u"

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
    ):
        classes = range(require_positive_int(self.who, "num_classes", num_classes))
        super().__init__(
            num_classes, classes, name, ignore_class, sparse_y_true, sparse_y_pred
        )


class OneHotIoU(IoU):
    """IoU of one-hot targets and scores. Keras: keras.metrics.OneHotIoU."""

    default_name = "one_hot_io_u"

    def __init__(
        self,
        num_classes: int,
        target_class_ids: "list[int] | tuple[int, ...]",
        name: str | None = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
    ):
        super().__init__(
            num_classes, target_class_ids, name, ignore_class, False, sparse_y_pred
        )


class OneHotMeanIoU(MeanIoU):
    """MeanIoU of one-hot targets and scores. Keras: keras.metrics.OneHotMeanIoU."""

    default_name = "one_hot_mean_io_u"

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
    ):
        super().__init__(num_classes, name, ignore_class, False, sparse_y_pred)
