"""The rules that make slides of a chapter, on a small notebook."""

import re

import slides

PNG = {"output_type": "display_data", "data": {"image/png": "aGk="}}
SAID = {"output_type": "stream", "name": "stdout", "text": "four\n"}


def markdown(source: str, *tags: str) -> dict:
    return {"cell_type": "markdown", "source": source, "metadata": {"tags": [*tags]}}


def code(source: str, *tags: str, alt: str = "") -> dict:
    shown = {"mystnb": {"image": {"alt": alt}}} if alt else {}
    return {"cell_type": "code", "source": source, "metadata": {"tags": [*tags], **shown}}  # fmt: skip


CELLS = [
    markdown("# 7. Title\n\n**The question?** More words."),
    code("import secret_setup", "setup"),
    markdown(
        "## 7.1 Chain rule\n\nFirst sentence. Second one.\n\nSo divide by $x$. This gives\n\n"
        "<!-- eq:chain -->\n$$\na < b \\tag{7.1}\n$$\n\nand then\n\n$$ c \\tag{7.2} $$\n\n"
        "See [chapter 5](05_perceptrons.ipynb#section-5-1) and [x](../book/references.md#x)."
    ),
    code("hidden_code()", "experiment"),
    code("draw()", alt="What to see."),
    markdown("**Figure 7.1.** A caption."),
    markdown("> **Watch out.** A wrong claim.\n\n> **Deeper.** Left out."),
    code("prove_it()", "twin"),
    markdown("## 7.2 Next\n\n### A part\n\n- one\n- two"),
    code("not_this()", "slide", "no-slide"),
    markdown("All of this. Every word.", "slide"),
]
OUTPUTS = [[SAID], [SAID], [PNG], [SAID, SAID], []]


def stacks() -> list[list[slides.Slide]]:
    return slides.deck({"cells": CELLS}, OUTPUTS).stacks


def page() -> str:
    return slides.deck({"cells": CELLS}, OUTPUTS).page()


def shown(page: str) -> str:
    """Without the speaker's notes."""
    return re.sub(r'<aside class="notes">.*?</aside>', "", page, flags=re.S)


def test_sections_go_right_and_parts_go_down():
    titles = [stack[0].title for stack in stacks()]
    assert titles == ["<h1>7. Title</h1>", "<h2>7.1 Chain rule</h2>", "<h2>7.2 Next</h2>"]  # fmt: skip
    assert "<h3>A part</h3>" in [slide.title for slide in stacks()[2]]


def test_displays_come_step_by_step_with_the_sentence_before():
    first, second = [i for s in stacks()[1] for i in s.items if "tag{7" in i.page]
    assert "This gives" in first.page and "So divide" not in first.page
    assert "a &lt; b \\tag{7.1}" in first.page and first.step
    assert "and then" in second.page and second.step


def test_all_other_text_is_in_the_notes():
    found = page()
    assert "First sentence." in shown(found) and "Second one." not in shown(found)
    assert "Second one." in found and "So divide by" in found


def test_code_is_shown_where_it_is_tagged():
    found = shown(page())
    assert "prove_it" in found
    for hidden in ("secret_setup", "hidden_code", "draw()", "not_this"):
        assert hidden not in found
    assert found.count("<pre>four</pre>") == 1  # the experiment's
    assert (
        found.count("<pre>four\nfour</pre>") == 1
    )  # the proof's, printed in two pieces


def test_figures_have_alt_text_and_caption():
    (slide,) = (s for s in stacks()[1] if any("<img" in i.page for i in s.items))
    assert 'alt="What to see."' in slide.items[0].page
    assert "A caption." in slide.items[1].page


def test_boxes_but_not_deeper_ones():
    found = page()
    assert '<div class="box watch-out">' in found and "Left out" not in found


def test_a_tagged_text_is_shown_whole():
    assert "Every word." in shown(page())


def test_links_lead_to_slides_or_nowhere():
    found = page()
    assert '<a href="05_perceptrons.html">' in found and "references.md" not in found


def test_a_slide_that_is_full_goes_on_below():
    lines = "\n\n".join(f"- {'word ' * 12}" for _ in range(6))
    cells = [markdown(f"## 7.1 Long\n\n{lines}\n\ntext\n\n{lines}")]
    (stack,) = slides.deck({"cells": cells}, []).stacks
    assert len(stack) > 1 and all(slide.items for slide in stack)
