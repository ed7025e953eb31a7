"""Helpers of the twin tests for what is no layer."""

import inspect


def options_of(case) -> dict:
    """The constructor's arguments, read back from the attributes of the same names."""
    found = {}
    for kind in type(case).__mro__:
        if "__init__" in vars(kind) and kind is not object:
            for name, parameter in inspect.signature(kind.__init__).parameters.items():
                if name != "self" and parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
                    found[name] = getattr(case, name)
    return found
