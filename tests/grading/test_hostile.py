"""Submissions that attack: each ends in time with the right score, and leaves nothing.

The attack stands in a cell of its own or in the answer 97.3; the two other questions
keep their points wherever the attack lets them be asked.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from grading.conftest import LIMITS, PATIENT, notebook

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("bwrap") is None, reason="needs bubblewrap"
)

SEARCH = """
import os, glob
found = []
for path in {paths!r}:
    try:
        found.append(os.listdir(path) if os.path.isdir(path) else open(path).read())
    except OSError as error:
        pass
print(found)
"""
# name: (cells, points, words in notes or messages, seconds[, limits])
ATTACKS = {
    "loop in a cell": ({"more": "while True: pass"}, 3, "did not end in time", 30),
    "loop in a function": (
        {"total": "def total(x):\n    while True: pass"}, 2, "did not return in time", 30),
    "loop that ignores interrupts": (
        {"more": "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
                 "while True: pass"}, 3, "could not be interrupted", 40),
    "loop that catches everything": (
        {"total": "def total(x):\n    while True:\n        try:\n            while True: pass\n"
                  "        except BaseException: pass"}, 2, "", 40),
    "50 GB at once": ({"more": "x = bytearray(50 * 10**9)"}, 3, "", 20),
    "50 GB piece by piece": (
        {"more": "x = []\nwhile True: x.append(bytearray(50 * 10**6))"}, 3, "", 40),
    "50 GB in a function": (
        {"total": "def total(x): return np.ones(7 * 10**9)"}, 2, "MemoryError", 30),
    "many processes with much memory": (
        {"more": "import os, time\nfor i in range(20):\n    if os.fork() == 0:\n"
                 "        x = bytearray(500 * 10**6)\n        time.sleep(60)\ntime.sleep(60)"},
        3, "too much memory", 120, PATIENT),
    "sys.exit in a function": (
        {"total": "import sys\ndef total(x): sys.exit(0)"}, 2, "", 20),
    "os._exit in a cell": ({"more": "import os\nos._exit(0)"}, 3, "ended the process", 30),
    "os._exit in a function": (
        {"total": "class A:\n    def total(self, x):\n        import os\n        os._exit(0)\n"
                  "total = A().total"}, 2, "may not be used", 30),
    "kill": ({"more": "import os\nos.kill(os.getpid(), 9)"}, 3, "ended the process", 30),
    "crash": ({"more": "import ctypes\nctypes.string_at(0)"}, 3, "ended the process", 30),
    "fork bomb": (
        {"more": "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"}, 3, "", 40),
    "daemon left behind": (
        {"more": "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
                 "        time.sleep(1000)\n    os._exit(0)"}, 3, "", 20),
    # It writes too much, or on a busy machine does not end in time: which comes first is open.
    "200 MB of output": ({"more": "print('x' * 200_000_000)"}, 3, "was left out: it", 40),
    "output without end": (
        {"more": "while True: print('x' * 1000)"}, 3, "wrote too much", 40),
    "output without end, in a function": (
        {"total": "def total(x):\n    while True: print('x' * 1000)"}, 2, "wrote too much", 40),
    "output of a thread": (
        {"more": "import threading\ndef run():\n    while True: print('x' * 1000)\n"
                 "threading.Thread(target=run).start()"}, None, "", 60),
    "always equal": (
        {"total": "class Equal(float):\n    def __eq__(self, other): return True\n"
                  "    def __ne__(self, other): return False\n"
                  "def total(x): return Equal(0.5)"}, 2, "expected", 20),
    "an array that lies": (
        {"total": "class Liar(np.ndarray):\n    def __eq__(self, other): return True\n"
                  "    shape = dtype = ()\n    def __array__(self, *a, **k): return self\n"
                  "def total(x): return np.full(3, 7.0).view(Liar)"}, 2, "", 20),
    "shapes that broadcast": (
        {"total": "def total(x): return np.full(x.shape, np.sum(x))"}, 2, "expected shape", 20),
    "nan": ({"total": "def total(x): return np.nan"}, 2, "finite", 20),
    "objects": ({"total": "def total(x): return np.array([object()])"}, 2, "numbers", 20),
    "a number too large": ({"total": "def total(x): return 10**5000"}, 2, "", 20),
    "patched comparisons": (
        {"more": "import numpy.testing\nnp.allclose = np.array_equal = lambda *a, **k: True\n"
                 "numpy.testing.assert_allclose = lambda *a, **k: None",
         "total": "def total(x): return 1.0"}, 2, "expected", 20),
    "forged replies": (
        {"more": "import dlcourse.probes.box as b\n"
                 "b.reply = lambda *a: '{\"dict\": {\"value\": true, \"passed\": true}}'"},
        0, "Still to do", 20),
    "replies that are no text": (
        {"more": "import dlcourse.probes.box as b\nb.reply = lambda *a: 10**6 * 'x'"},
        0, "Still to do", 20),
    "the way through globals": (
        {"total": None, "more": "globals()['total'] = lambda x: 0.0"}, 2, "not defined", 20),
    "a ready answer": (
        {"total": "from dlcourse import losses\ndef total(x): return losses.np.sum(x)"},
        2, "may not be used", 20),
    "a hidden import": (
        {"total": "def total(x):\n    return __import__('dlcourse').losses.np.sum(x)"},
        2, "may not be used", 20),
    "eval": ({"total": "def total(x): return eval('x.sum()')"}, 2, "may not be used", 20),
    "sockets' folder filled": (
        {"more": "import os\nfolder = [a for a in open('/proc/self/cmdline').read().split(chr(0))"
                 " if 'connection' in a][0].rpartition('/')[0]\n"
                 "for i in range(400):\n    open(f'{folder}/{i}', 'wb').write(bytes(10**7))"},
        3, "", 40),
    "sockets removed": (
        {"more": "import os\nfor root, _, names in os.walk('/'):\n    for name in names:\n"
                 "        if name.startswith('kernel-'): os.unlink(f'{root}/{name}')"},
        3, "", 40),
    "the network": (
        {"more": "import socket, urllib.request\n"
                 "for port in (22, 80, 8888):\n"
                 "    try:\n        socket.create_connection(('127.0.0.1', port), 1)\n"
                 "        print('CONNECTED')\n    except OSError as error: print(error)"},
        3, "", 20),
    "new namespaces": (
        {"more": "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
                 "print([libc.unshare(0x10000000), libc.ptrace(0, 0, 0, 0), libc.mount(0, 0, 0, 0, 0)])\n"
                 "assert libc.unshare(0x10000000) == -1"}, 3, "", 20),
}  # fmt: skip


def printed(cell) -> str:
    """What a cell printed; it may have come in pieces."""
    return "".join(out.get("text", "") for out in cell.get("outputs", []))


def children() -> set:
    """The processes that descend from this one."""
    return {p.pid for p in psutil.Process().children(recursive=True)}


@pytest.mark.parametrize("name", ATTACKS)
def test_attack(graded, name):
    cells, points, words, seconds, *limits = ATTACKS[name]
    before, began = children(), time.monotonic()
    result, executed = graded(notebook(**cells), limits=(*limits, LIMITS)[0])
    assert time.monotonic() - began < seconds
    said = " ".join([*result.notes, *(m.message for m in result.marks), result.reason])
    if points is not None:
        assert result.points == points, said
        assert [mark.status for mark in result.marks[:2]] == [
            "passed"
        ] * 2 or not points
    assert words in said
    assert "CONNECTED" not in "".join(map(printed, executed.cells))
    assert children() <= before and not list(graded.folder.iterdir())


def test_many_boxes_leave_no_descriptors_open(graded):
    """A worker grades hundreds of submissions, and may open some 1,000 files."""
    counts = []
    for more in ("1", "2", "import os\nos._exit(0)", "4"):
        graded(notebook(more=more))
        counts.append(len(list(Path("/proc/self/fd").iterdir())))
    assert counts[1:] == counts[:1] * 3


SECRETS = [
    "/etc/passwd", "/etc/hostname", "/home", "/proc/1/environ", "/proc/1/root/etc/passwd",
    "/course/dlcourse/checks/registry.py", "/course/dlcourse/grading/box.py",
    "/var/log", "/sys/class", "/run",
]  # fmt: skip


def test_nothing_of_the_host_is_seen(graded, masters, tmp_path, monkeypatch):
    monkeypatch.setenv("DLCOURSE_SECRET", "a secret of the environment")
    (tmp_path / "handed-in").mkdir()
    (tmp_path / "handed-in/other.ipynb").write_text("the work of somebody else")
    here = Path(__file__).resolve().parents[2]
    paths = [*SECRETS, str(masters / "97_tiny.ipynb"), str(here / "solutions"),
             str(here / "dlcourse/checks"), str(tmp_path / "handed-in/other.ipynb")]  # fmt: skip
    _, executed = graded(
        notebook(more=SEARCH.format(paths=paths) + "print(dict(os.environ))")
    )
    text = printed(executed.cells[-1])
    for secret in ("root:", "def exercise", "a secret of", "somebody else", "nbformat_minor",
                   "ch07.py", "unshare-user", os.uname().nodename):  # fmt: skip
        assert secret not in text, secret


def test_only_the_small_file_systems_can_be_written(graded, tmp_path):
    target = tmp_path / "written"
    paths = [str(target), "/usr/x", "/course/x", "/course/dlcourse/x", "/submission", "/x",
             "/course/dlcourse/checks/x", "/dev/x", "/mnt/x",
             str(Path(sys.prefix) / "x")]  # fmt: skip
    code = (
        f"import os\npaths = {paths}\n"
        "ours = [a for a in open('/proc/self/cmdline').read().split(chr(0))"
        " if 'connection' in a][0].rpartition('/')[0]\n"
        "room = '/' + os.path.basename(ours)\n"
        "for path in [*paths, ours + '/x', ours + '/connection.json']:\n"
        "    try:\n        open(path, 'w').write('x')\n        print('WROTE', path)\n"
        "    except OSError as error:\n        pass\n"
        "for folder in ('/box', '/tmp', '/dev/shm', room):\n"
        "    try:\n"
        "        for i in range(99): open(f'{folder}/{i}', 'wb').write(bytes(10**7))\n"
        "        print('ENDLESS', folder)\n"
        "    except OSError as error:\n        print(error)\n"
    )
    result, executed = graded(notebook(more=code))
    text = printed(executed.cells[-1])
    text = text.replace(f"WROTE {target}\n", "")  # that was in its own /tmp
    assert not target.exists() and "WROTE" not in text and "ENDLESS" not in text
    assert text.count("No space left") == 4 and result.points == 3


NAMES = [
    "..",
    "a/../b",
    "Zoë 日本",
    "-rf",
    "con",
    "x" * 200,
    "a\nb",
    "'; rm -rf ~",
    "%s",
    "=1+1",
]


def test_odd_names_make_plain_files():
    from dlcourse.grading.batch import _slug

    slugs = {_slug(name) for name in NAMES}
    assert len(slugs) == len(NAMES)
    for slug in slugs:
        assert slug.isascii() and "/" not in slug and "." not in slug
        assert 5 < len(slug) < 60 and not slug.startswith("-")


START = """
import subprocess
import sys
from dlcourse.grading.kernel import Kernel
from dlcourse.grading.limits import Limits
kernel = Kernel(Limits()).__enter__()
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("delay", [0.0, 0.1, 0.2, 0.4, None])
def test_no_box_outlives_its_grader(delay, tmp_path):
    """The grader is killed while the box starts, or (None) when it runs."""
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    grader = subprocess.Popen([sys.executable, "-c", START], env=environment,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip

    def boxes():
        return [p for p in psutil.process_iter(["cmdline"])
                if str(tmp_path) in " ".join(p.info["cmdline"] or ())
                and "bwrap" in " ".join(p.info["cmdline"] or ())]  # fmt: skip

    ends = time.monotonic() + 60
    while not boxes() and time.monotonic() < ends:
        time.sleep(0.002)
    time.sleep(delay) if delay is not None else grader.stdout.readline()
    grader.kill()
    grader.communicate()
    ends = time.monotonic() + 15
    while boxes() and time.monotonic() < ends:
        time.sleep(0.1)
    assert boxes() == []


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare")
def test_no_privilege_is_needed(tmp_path):
    """The grader reaches a box without any capability, as an ordinary user has none."""
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    line = ["unshare", "-U", "--map-user=1000", "--map-group=1000", sys.executable]
    run = subprocess.run(
        [*line, "-c", START], env=environment, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert run.stdout == "ready\n", run.stderr
