"""Grading: submissions of strangers, run in a sandbox and compared outside of it.

`dlcourse grade` is the command (cli.py); one.py grades one submission, batch.py many,
box.py is the sandbox, kernel.py the kernel inside, rules.py what an answer may use.
"""
