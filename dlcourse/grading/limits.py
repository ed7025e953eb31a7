"""How much a submission may use."""

from dataclasses import dataclass, replace

MB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Of one submission. Sizes in bytes, times in seconds."""

    memory: int = 4000 * MB  # of one process, and of all together
    processes: int = 128
    file: int = 256 * MB  # one file; all of the folder that may be written to
    output: int = 8 * MB  # printed by one cell, or while one function runs
    message: int = 64 * MB  # one message of the kernel
    notebook: int = 20 * MB  # the submitted file
    start: float = 60.0  # until the kernel answers
    cell: float = 60.0  # one cell
    call: float = 20.0  # one question to an answer; with Keras loaded first
    exercise: float = 60.0  # all questions of one exercise
    cpu: int = 900  # seconds of processor time of one process
    total: float = 900.0  # the whole submission
    grace: float = 3.0  # between an interrupt and the end
    restarts: int = 6  # kernels that may hang or die
    sandbox: bool = True  # False: `--no-sandbox`, for a notebook of one's own

    def changed(self, settings: list[str]) -> "Limits":
        """With settings such as "cell=120". ValueError where one is no limit."""
        known = {k: type(v) for k, v in vars(self).items() if k != "sandbox"}
        new = {}
        for setting in settings:
            name, _, value = setting.partition("=")
            try:
                new[name] = known[name](float(value))
                if not 0 < new[name] < 1e18:
                    raise ValueError
            except (KeyError, ValueError, OverflowError):
                raise ValueError(
                    f"limit: expected NAME=NUMBER, the name one of "
                    f"{', '.join(known)}; got {setting!r}."
                ) from None
        return replace(self, **new)
