"""The kernel in a sandbox: python -m dlcourse.probes.kernel FD arguments of ipykernel

It ends when the grader is gone: then the pipe FD, whose other end the grader holds, is
at its end. bwrap's --die-with-parent does that, too, but not while it starts.
"""

import os
import sys
import threading


def end_with(handle: int) -> None:
    """Wait until nobody holds the other end of the pipe; then end this process."""
    os.read(handle, 1)
    os._exit(1)


if __name__ == "__main__":
    handle = int(sys.argv[1])
    threading.Thread(target=end_with, args=(handle,), daemon=True).start()
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance(argv=sys.argv[2:])
