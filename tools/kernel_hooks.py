"""What the build and the tests put into a notebook's kernel: no network, and a record of what is asserted."""

import ast
import hashlib
import ipaddress
import json
import os
import socket
from pathlib import Path

MOST_PER_CELL = 200


def refuse_connections() -> None:
    """Make every socket of this process refuse addresses beyond loopback, with an error that names the address."""
    for name in ("connect", "connect_ex", "sendto"):
        original = getattr(socket.socket, name)

        def guarded(self, *arguments, original=original):
            address = arguments[-1]
            if self.family in (socket.AF_INET, socket.AF_INET6) and not is_loopback(
                address[0]
            ):
                raise ConnectionRefusedError(
                    f"offline: a chapter must not open a connection, got {address}"
                )
            return original(self, *arguments)

        setattr(socket.socket, name, guarded)


def is_loopback(host: str) -> bool:
    """True for localhost, 127.0.0.0/8 and ::1."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class WrapAsserted(ast.NodeTransformer):
    """assert a < f(b)  becomes  assert _asserted(a) < _asserted(f(b)); of a call such as allclose(a, b), its arguments."""

    def visit_Assert(self, node):
        node.test = self.operands(node.test)
        return ast.fix_missing_locations(node)

    def operands(self, node):
        if isinstance(node, ast.Compare):
            node.left = record(node.left)
            node.comparators = [record(each) for each in node.comparators]
        elif isinstance(node, ast.BoolOp):
            node.values = [self.operands(each) for each in node.values]
        elif isinstance(node, ast.UnaryOp):
            node.operand = self.operands(node.operand)
        elif isinstance(node, ast.Call) and not any(
            isinstance(a, (ast.Starred, ast.GeneratorExp)) for a in node.args
        ):
            node.args = [record(each) for each in node.args]
        else:
            return record(node)
        return node


def record(node: ast.expr) -> ast.expr:
    name = ast.copy_location(ast.Name("_asserted", ast.Load()), node)
    return ast.copy_location(ast.Call(name, [node], []), node)


def record_asserted(shell, folder: Path) -> None:
    """Write, per executed cell, its source's hash and the summaries of what its asserts compared."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{os.getpid()}.jsonl"
    seen: list = []

    def asserted(value):
        if len(seen) < MOST_PER_CELL and (summary := summarise(value)) is not None:
            seen.append(summary)
        return value

    def before(info):
        seen.clear()

    def after(result):
        if seen:
            key = hashlib.sha1(result.info.raw_cell.strip().encode()).hexdigest()
            with file.open("a", encoding="utf-8") as out:
                out.write(json.dumps({"cell": key, "asserted": seen}) + "\n")

    shell.user_ns["_asserted"] = asserted
    shell.ast_transformers.append(WrapAsserted())
    shell.events.register("pre_run_cell", before)
    shell.events.register("post_run_cell", after)


def summarise(value):
    """A number as itself, an array as size, mean, spread and extremes, short text as text; None: not compared.

    Long text is mostly an error's message, which may hold a temporary path or an address.
    """
    import numpy as np

    if isinstance(value, str):
        return value if len(value) <= 60 else None
    if isinstance(value, bool):
        return value
    try:
        array = np.asarray(value)
    except Exception:
        return None
    if array.dtype.kind not in "biuf" or not array.size:
        return None
    array = array.astype(float)
    if array.size == 1:
        return float(array.reshape(()))
    return [
        array.size,
        float(array.mean()),
        float(array.std()),
        float(array.min()),
        float(array.max()),
    ]
