"""Runs at the start of every kernel that has IPYTHONDIR=tools/ipython: the book's build and `make test`.

DLCOURSE_OFFLINE=1     a connection to anything but this machine raises an error
DLCOURSE_ASSERTED=DIR  the numbers that the cells' assert statements compare are written to DIR, for a later comparison
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))  # the folder tools/
import kernel_hooks

sys.path.pop(0)
if os.environ.get("DLCOURSE_OFFLINE") == "1":
    kernel_hooks.refuse_connections()
if os.environ.get("DLCOURSE_ASSERTED"):
    kernel_hooks.record_asserted(get_ipython(), Path(os.environ["DLCOURSE_ASSERTED"]))  # noqa: F821
