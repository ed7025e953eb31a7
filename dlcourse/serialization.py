"""How a layer, a loss or an optimizer was made: its constructor's arguments.

Every class of the package keeps them under attributes of the same names.
"""

import inspect


def arguments(cls: type) -> list[str]:
    """The names of the constructor's arguments, those it hands on included.

    `name` is left out. A constructor with **options hands them to the next base class.
    """
    found = []
    for base in cls.__mro__:
        if "__init__" not in vars(base) or base is object:
            continue
        parameters = list(inspect.signature(base.__init__).parameters.values())[1:]
        own = [p.name for p in parameters if p.kind != p.VAR_KEYWORD]
        found += [n for n in own if n != "name" and n not in found]
        if all(p.kind != p.VAR_KEYWORD for p in parameters):
            break
    return found


def options(thing) -> dict:
    """The constructor's arguments, read back from the attributes of the same names."""
    return {name: getattr(thing, name) for name in arguments(type(thing))}
