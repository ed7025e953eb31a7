"""The tree that Sphinx reads: .build/src with book/, executed chapters/, exercises/ and the generated pages.

A file is written only where its content differs, so that Sphinx, which goes by time, reads only what changed.
"""

import json
from pathlib import Path

import nbformat
import yaml
from cover import cover_png
from execute import Chapter, outputs, verified
from labels import Registry, collect, formulas_markdown
from project import BookError, Project, edition, write_changed
from records import pages
from references import references_markdown
from syllabus_pages import syllabus_pages
from teaching_page import teaching_markdown

INDEX = "# Index\n"  # Sphinx puts the general index in its place


def registry(project: Project) -> Registry:
    """The names of the book; BookError lists everything that is wrong with them."""
    found = collect(project)
    if found.errors:
        raise BookError("\n".join(found.errors))
    return found


def stage(project: Project, chapters: list[Chapter]) -> None:
    """Bring the staged tree up to date."""
    write_tree(project.source, sources(project, chapters))


def sources(project: Project, chapters: list[Chapter]) -> dict[str, bytes]:
    """Every file of the staged tree."""
    names = registry(project)
    tree = {
        "_config.yml": configuration(project, verified(project, chapters)).encode(),
        "_toc.yml": (project.root / "book/_toc.yml").read_bytes(),
        "labels.json": (
            json.dumps(names.public(), indent=1, sort_keys=True, ensure_ascii=False)
            + "\n"
        ).encode(),
        "genindex.md": INDEX.encode(),
    }
    for path in (project.root / "book").iterdir():
        if path.suffix == ".md":
            tree[f"book/{path.name}"] = path.read_bytes()
    tree["book/references.md"] = references_markdown(project.root).encode()
    tree["book/formulas.md"] = formulas_markdown(project, names).encode()
    tree |= pages(project)
    tree |= syllabus_pages(project, names.targets) | teaching_markdown(project)
    for path in (project.root / "book/images").glob("*"):
        tree[f"book/images/{path.name}"] = path.read_bytes()
    for chapter in chapters:
        tree[f"chapters/{chapter.path.name}"] = _notebook(
            chapter.path, outputs(project, chapter)
        )
    for path in project.exercises:
        tree[f"exercises/{path.name}"] = _notebook(path, None)
    return tree


def write_tree(folder: Path, tree: dict[str, bytes]) -> None:
    """Write what changed, and remove what is not of the tree."""
    for name, content in tree.items():
        write_changed(folder / name, content)
    for path in list(folder.rglob("*")):
        if path.is_file() and path.relative_to(folder).as_posix() not in tree:
            path.unlink()


def _notebook(path: Path, results: list[list[dict]] | None) -> bytes:
    """A notebook for the page: outputs attached, the set-up cell folded."""
    notebook = json.loads(path.read_text("utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for cell, cell_outputs in zip(code, results or [[] for _ in code], strict=True):
        cell["outputs"], cell["execution_count"] = cell_outputs, None
        tags = cell["metadata"].setdefault("tags", [])
        if "setup" in tags:
            tags.append("hide-input")
    return nbformat.writes(nbformat.from_dict(notebook)).encode()


def configuration(project: Project, days: dict[str, str]) -> str:
    """book/_config.yml with what it cannot know: addresses, edition, days of the last runs, and where the folders are."""
    config = yaml.safe_load((project.root / "book/_config.yml").read_text("utf-8"))
    book = (project.root / "book").resolve()
    config["repository"] = {
        "url": project.repository,
        "path_to_book": "",
        "branch": "main",
    }
    local = config["sphinx"]["local_extensions"]
    config["sphinx"]["local_extensions"] = {
        name: str(book / folder) for name, folder in local.items()
    }
    settings = config["sphinx"]["config"]
    settings["html_static_path"] = [
        str(book / folder) for folder in settings["html_static_path"]
    ]
    settings["templates_path"] = [
        str(book / folder) for folder in settings.get("templates_path", [])
    ]
    settings["html_baseurl"] = project.site
    settings["html_context"] = settings.get("html_context", {}) | {
        "book": {
            "title": config["title"],
            "repository": project.repository,
            "site": project.site,
            "edition": edition(project),
            "verified": days,
            "cover": cover_png(project),
        }
    }
    settings["html_favicon"] = str(book / settings["html_favicon"])
    settings["html_logo"] = str(book / settings["html_logo"])
    options = settings["html_theme_options"]
    options.update(
        repository_url=project.repository, repository_branch="main", path_to_docs=""
    )
    return yaml.safe_dump(config, sort_keys=True, allow_unicode=True)
