"""Planted wrong answers: for each exercise code that goes on top of the model answers."""

from collections.abc import Callable


def filled(template: str, right: dict[str, str]) -> Callable[..., str]:
    """The code of a template: right but for the places that are given by name."""
    return lambda **changed: template.format(**{**right, **changed})


def with_line(name: str, i: int, text: str) -> str:
    """The steps of a derivation with another line i, the rest as in the model answer."""
    return f"{name} = [*{name}[:{i}], {text!r}, *{name}[{i} + 1 :]]"


def short_cuts(name: str) -> dict[str, str]:
    """What is wrong for the steps of any derivation: true lines alone prove nothing."""
    return {
        "steps: first and last alone": f"{name} = [{name}[0], {name}[-1]]",
        "steps: the first again": f"{name} = [*[{name}[0]] * 4, {name}[-1]]",
        "steps: brackets alone": f"{name} = [{name}[0], f'({{{name}[0]}})', "
        f"f'(({{{name}[-1]}}))', {name}[-1]]",
        "steps: no end": f"{name} = [*{name}[:-1], '0 + ' + {name}[-2]]",
        "steps: no beginning": f"{name} = {name}[1:]",
        "steps: backwards": f"{name} = {name}[::-1]",
        "steps: one text": f"{name} = ' = '.join({name})",
        "steps: an equation": f"{name} = [{name}[0] + ' = ' + {name}[1], *{name}[2:]]",
    }
