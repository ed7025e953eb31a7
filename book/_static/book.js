// What the keyboard must reach: a box that scrolls sideways takes the focus, so that arrow keys scroll it.
// Boxes that a link points into are opened. The search's excerpts are words.
(() => {
  const BOXES = "div.math, .highlight pre, .table-scroll, .cell_output .output, .cell_output pre";
  function reachable() {
    for (const box of document.querySelectorAll(BOXES)) {
      const scrolls = box.scrollWidth > box.clientWidth + 1;
      if (scrolls && !box.hasAttribute("tabindex")) {
        box.tabIndex = 0;
        box.dataset.scrolls = "";
      } else if (!scrolls && "scrolls" in box.dataset) {
        box.removeAttribute("tabindex");
        delete box.dataset.scrolls;
      }
    }
  }
  function reveal() {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let node = target; node; node = node.parentElement) {
      if (node.tagName === "DETAILS") node.open = true;
      if (node.classList.contains("toggle-hidden")) node.querySelector(".toggle-button")?.click();
    }
    if (target && target.getBoundingClientRect().height > 0) target.scrollIntoView();
  }
  window.addEventListener("load", () => {
    reveal();
    (window.MathJax?.startup?.promise ?? Promise.resolve()).then(reachable);
  });
  window.addEventListener("resize", reachable);
  window.addEventListener("hashchange", reveal);

  // Excerpts of the search show words: what is TeX in the page's source becomes its symbol, or an ellipsis.
  function worded(source) {
    const page = new DOMParser().parseFromString(source, "text/html");
    page.querySelectorAll("#jb-print-docs-body, .bd-header-article, footer").forEach(node => node.remove());
    for (const formula of page.querySelectorAll(".math")) {
      const tex = formula.textContent.trim().replace(/^\\\(|\\\)$/g, "");
      formula.textContent = /^[^\\^_{}]{1,20}$/.test(tex) ? tex : "…";
    }
    return page.documentElement.outerHTML;
  }
  document.addEventListener("DOMContentLoaded", () => {
    if (typeof Search === "undefined") return;
    const original = Search.htmlToText;
    Search.htmlToText = (source, anchor) => {  // an anchor without text of its own would be an error in Sphinx' script
      const page = worded(source);
      return original(page, anchor).trim() || original(page, null);
    };
  });
})();
