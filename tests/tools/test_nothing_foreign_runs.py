"""No file of data, model or submission can run code when it is read, and no code comes from elsewhere."""

import ast
import json

import pytest
from lint import ROOT, notebooks

FOLDERS = ("dlcourse", "tools", "benchmarks", "experiments", "book/_ext")
MODULES = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
CALLS = {"eval", "exec", "__import__"}
METHODS = {
    "torch.load",
    "torch.hub",
    "yaml.load",
    "yaml.unsafe_load",
    "yaml.full_load",
    "pandas.read_pickle",
    "pd.read_pickle",
}
KEYWORDS = {
    "allow_pickle": True,
    "trust_remote_code": True,
    "safe_mode": False,
    "weights_only": False,
}
# where -> why it may
ALLOWED = {
    "chapters/08_keras.ipynb: exec(": "runs old listings, which stand in the chapter",
    "chapters/08_keras.ipynb: eval(": "a name from a list of the same cell",
}


def dangers(source: str) -> list[str]:
    """What of the above a source does."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        else:
            names = []
        found += [f"import {n}" for n in names if n.split(".")[0] in MODULES]
        if isinstance(node, ast.Attribute) and ast.unparse(node) in METHODS:
            found.append(ast.unparse(node))
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in CALLS:
                found.append(f"{node.func.id}(")
            for keyword in node.keywords:
                if keyword.arg in KEYWORDS and not (
                    isinstance(keyword.value, ast.Constant)
                    and keyword.value.value is not KEYWORDS[keyword.arg]
                ):
                    found.append(f"{keyword.arg}={ast.unparse(keyword.value)}")
    return found


def sources() -> dict[str, list[str]]:
    """Every file of code, and every notebook's cells of code."""
    files = {
        path: [path.read_text("utf-8")]
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
    }
    for path in notebooks("chapters", "solutions", "exercises"):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        files[path] = [
            "".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"
        ]
    return {path.relative_to(ROOT).as_posix(): text for path, text in files.items()}


def test_no_code_comes_out_of_a_file():
    found = {
        f"{name}: {danger}"
        for name, texts in sources().items()
        for text in texts
        for danger in dangers(text)
    }
    assert found == set(ALLOWED)


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "import numpy as np\nnp.load(f, allow_pickle=True)",
        "np.load(f, allow_pickle=flag)",
        "keras.models.load_model(f, safe_mode=False)",
        "AutoModel.from_pretrained(name, trust_remote_code=True)",
        "torch.load(f)",
        "torch.hub.load('a/b', 'c')",
        "yaml.load(text)",
        "eval(text)",
        "exec(text, {})",
    ],
)
def test_the_test_sees_it(source):
    assert dangers(source)


def test_what_is_harmless_passes():
    harmless = "np.load(f, allow_pickle=False)\nre.compile('x')\nloss.eval()\nyaml.safe_load(t)"
    assert dangers(harmless) == []
