"""Fast forms of what layers compute, each beside its textbook form, proven equal."""
