"""Drop the script of an extension that Jupyter Book loads and we do not use: it would ask the network for Thebe."""


def drop_thebe(_app, _pagename, _templatename, context, _doctree) -> None:
    scripts = context.get("script_files", [])
    context["script_files"] = [
        script for script in scripts if "thebe" not in _described(script)
    ]


def _described(script) -> str:
    return f"{getattr(script, 'filename', script)} {getattr(script, 'attributes', {})}".lower()


def setup(app):
    app.connect("html-page-context", drop_thebe, priority=999)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
