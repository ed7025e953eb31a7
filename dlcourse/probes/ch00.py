"""Chapter 0: what a report on the environment should agree with."""

import keras


def report(environment):
    """(what environment() says, the name of the backend that Keras runs on here)."""
    return environment(), keras.backend.backend()
