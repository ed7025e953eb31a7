"""The base of all schedules, and the checks that they share."""

from dlcourse.validation import require_number


class LearningRateSchedule:
    """Base: a subclass writes __call__.

    Keras: keras.optimizers.schedules.LearningRateSchedule.
    """

    def __call__(self, step: int) -> float:
        raise NotImplementedError

    def __repr__(self) -> str:
        options = ", ".join(f"{k}={v!r}" for k, v in vars(self).items())
        return f"{type(self).__name__}({options})"


class Constant(LearningRateSchedule):
    """eta_0 at every step."""

    def __init__(self, learning_rate: float):
        self.learning_rate = require_number("Constant", "learning_rate", learning_rate)

    def __call__(self, step):
        return self.learning_rate
