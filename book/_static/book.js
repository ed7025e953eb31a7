// What the keyboard must reach: a box that scrolls sideways takes the focus, so that arrow keys scroll it.
// Boxes that a link points into are opened.
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
})();
