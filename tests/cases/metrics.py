"""Metrics, drawn in batches by the twin test."""

from dlcourse import metrics

METRICS = {
    "BinaryAccuracy": [metrics.BinaryAccuracy(), metrics.BinaryAccuracy(threshold=0.8)],
    "CategoricalAccuracy": [metrics.CategoricalAccuracy()],
    "SparseCategoricalAccuracy": [metrics.SparseCategoricalAccuracy()],
    "MeanSquaredError": [metrics.MeanSquaredError()],
    "MeanAbsoluteError": [metrics.MeanAbsoluteError()],
}
