"""The instructors' page, the manifest and the image say what the program does."""

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from dlcourse.grading import cli
from dlcourse.grading.limits import MB, Limits
from grading.test_hostile import ATTACKS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "book/grading.md").read_text("utf-8")
MANIFEST = list(
    yaml.safe_load_all((ROOT / "docs/grading/kubernetes.yaml").read_text("utf-8"))
)
IMAGE = (ROOT / "docs/grading/Dockerfile").read_text("utf-8")


def accepted(command: list[str]) -> None:
    """Fails where dlcourse or Dask does not know the command or one of its options."""
    if command[0] == "dlcourse":
        cli.parser().parse_args(command[1:])
    else:
        from distributed.cli import dask_scheduler, dask_worker

        known = {"scheduler": dask_scheduler.main, "worker": dask_worker.main}
        known[command[1]].make_context("dask", command[2:])


def commands(text: str) -> list[list[str]]:
    """The calls of dlcourse and Dask in a text; a line may go on after a backslash."""
    lines = text.replace("\\\n", " ").splitlines()
    found = [re.search(r"^(?:#? {2,}.*)?((?:dlcourse|dask) [a-z].*)", x) for x in lines]
    return [shlex.split(match[1], comments=True) for match in found if match]


def pods() -> dict[str, dict]:
    return {
        part["metadata"]["name"]: part["spec"]["template"]
        for part in MANIFEST
        if part["kind"] in ("Deployment", "Job")
    }


def test_the_page_and_the_image_give_commands_that_exist():
    found = [*commands(PAGE), *commands(IMAGE)]
    assert len(found) > 12
    for command in found:
        accepted(command)
    with pytest.raises(SystemExit):
        accepted(["dlcourse", "grade", "--sandbox"])


def test_the_manifest_gives_commands_that_exist():
    containers = [
        container
        for pod in pods().values()
        for kind in ("containers", "initContainers")
        for container in pod["spec"].get(kind, ())
    ]
    assert len(containers) == 4
    for container in containers:
        accepted(container["command"])


def test_the_parts_of_the_manifest_find_each_other():
    by_kind = {part["kind"]: part for part in MANIFEST}
    service, volume = by_kind["Service"], by_kind["PersistentVolumeClaim"]
    address = (
        f"tcp://{service['metadata']['name']}:{service['spec']['ports'][0]['port']}"
    )
    assert (
        pods()["dlcourse-scheduler"]["metadata"]["labels"]
        == service["spec"]["selector"]
    )
    for part in MANIFEST:
        if part["kind"] == "Deployment":
            wanted = part["spec"]["selector"]["matchLabels"]
            assert wanted == part["spec"]["template"]["metadata"]["labels"]
    for name in ("dlcourse-worker", "dlcourse-grade"):
        spec = pods()[name]["spec"]
        assert address in spec["containers"][0]["command"]
        claims = [v["persistentVolumeClaim"]["claimName"] for v in spec["volumes"]]
        assert claims == [volume["metadata"]["name"]]
        assert spec["hostUsers"] is False
    allowed = by_kind["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"]
    for pod in pods().values():
        assert allowed.items() <= pod["metadata"]["labels"].items()


def test_only_workers_are_privileged_and_only_with_users_of_their_own():
    for name, pod in pods().items():
        text = str(pod)
        assert ("privileged" in text) == (name == "dlcourse-worker")
        assert not pod["spec"]["automountServiceAccountToken"]


def test_the_image_copies_what_there_is():
    copied = re.findall(r"^COPY (.+) \S+$", IMAGE, re.M)
    for name in " ".join(copied).split():
        assert (ROOT / name).exists(), name
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert (
        re.search(r'install .*"\.\[(\w+)\]"', IMAGE)[1]
        in extras["optional-dependencies"]
    )


def rows(title: str) -> list[list[str]]:
    """The table below a heading, without its head."""
    text = PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def test_every_attack_has_a_row():
    listed = {name: points for name, _, points in rows("What an attack ends with")}
    assert listed == {
        name: "varies" if points is None else f"{points} of 3"
        for name, (_, points, *_) in ATTACKS.items()
    }


def test_the_limits_are_those_of_the_program():
    units = {"GB": 1000 * MB, "MB": MB, "s": 1}
    for name, said, _ in rows("Limits"):
        number, _, unit = said.partition(" ")
        assert float(number) * units.get(unit, 1) == getattr(Limits(), name.strip("`"))


@pytest.mark.skipif(
    sys.platform != "linux" or not (shutil.which("bwrap") and shutil.which("unshare")),
    reason="needs bubblewrap and unshare",
)
def test_the_doctor_knows_what_a_container_must_allow():
    """/proc with a part that is read-only, as containers have it."""
    inner = f"unshare -Um --map-root-user {sys.executable} -m dlcourse.grading.cli grade --doctor"
    hide = "mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys && "
    for script, status in ((hide + inner, 1), (inner, 0)):
        run = subprocess.run(
            ["unshare", "-Urmpf", "--mount-proc", "sh", "-c", script],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert run.returncode == status, run.stdout + run.stderr
        assert ("systempaths=unconfined" in run.stdout) == bool(status)
