"""Run notebooks from top to bottom as the tests do, with seconds: python tools/run_notebook.py NOTEBOOK... [-o FOLDER]

With -o the executed notebooks and the pictures of their outputs are written there, to look at.
"""

import argparse
import base64
import os
import re
import sys
import time
from pathlib import Path

import nbclient
import nbformat
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

ROOT = Path(__file__).resolve().parents[1]
COLOUR = re.compile(r"\x1b\[[\d;]*m")  # as IPython writes errors


def environment() -> dict[str, str]:
    """The environment of a kernel of ours: hooks on, TensorFlow quiet."""
    return {
        **os.environ, "IPYTHONDIR": str(ROOT / "tools" / "ipython"), "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": "0", "PYTHONWARNINGS": "default",
    }  # fmt: skip


def run(path: Path, timeout: int = 300, python=None, variables=None, folder=None):
    """The executed notebook and the seconds it took; nbclient's error where a cell raises.

    `python` is the interpreter of another environment, `variables` are the environment's (environment() by default),
    `folder` is where the notebook runs (its own by default).
    """
    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(
        notebook,
        timeout=timeout,
        resources={"metadata": {"path": str(folder or path.parent)}},
        **({"km": manager(python)} if python else {}),
    )
    begin = time.perf_counter()
    # Without cleanup_kc the kernel of another environment would live on until this process ends.
    client.execute(
        env=environment() if variables is None else variables, cleanup_kc=True
    )
    return notebook, time.perf_counter() - begin


def attempt(path: Path, timeout: int, python, variables: dict[str, str]) -> dict:
    """{"seconds": ...} or {"failed": the last line of the error}, the whole of which is printed."""
    try:
        return {"seconds": round(run(path, timeout, python, variables)[1], 1)}
    except (nbclient.exceptions.CellExecutionError, nbclient.exceptions.CellTimeoutError,
            nbclient.exceptions.DeadKernelError) as error:  # fmt: skip
        print(error, file=sys.stderr)
        plain = COLOUR.sub("", str(error))
        return {"failed": plain.strip().splitlines()[-1][:200]}


def manager(python) -> AsyncKernelManager:
    """Starts kernels of another environment."""
    found = AsyncKernelManager()
    start = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    found._kernel_spec = KernelSpec(argv=start, display_name=str(python))
    return found


def save(notebook, folder: Path, name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / f"{name}.ipynb")
    for cell in notebook.cells:
        for number, output in enumerate(cell.get("outputs", [])):
            if picture := output.get("data", {}).get("image/png"):
                (folder / f"{name}-{cell.id}-{number}.png").write_bytes(
                    base64.b64decode(picture)
                )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    failed = 0
    for path in options.notebooks:
        try:
            notebook, seconds = run(path)
        except nbclient.exceptions.CellExecutionError as error:
            print(f"{path}: {error}", file=sys.stderr)
            failed += 1
            continue
        print(f"{path}: {seconds:.1f} s")
        if options.output:
            save(notebook, options.output, path.stem)
    return failed


if __name__ == "__main__":
    sys.exit(main())
