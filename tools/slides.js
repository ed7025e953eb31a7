// Set the formulas, then start; a slide that is too tall gets a smaller type.
const ROOM = 690, SMALLEST = 0.5;
function fit(slide) {
  if (!slide || slide.dataset.fitted) return;
  let size = 1;
  while (slide.scrollHeight > ROOM && size > SMALLEST) {
    size -= 0.05;
    slide.style.fontSize = `${size}em`;
    slide.style.setProperty("--size", size);
  }
  slide.dataset.fitted = size.toFixed(2);
}
function start() {
  Reveal.on("ready", (event) => fit(event.currentSlide));
  Reveal.on("slidechanged", (event) => fit(event.currentSlide));
  return Reveal.initialize({
    width: 1280, height: 720, margin: 0.03, center: false, hash: true, slideNumber: "c/t", transition: "none",
    plugins: [RevealNotes],
  }).then(() => { document.body.dataset.ready = "yes"; });
}
window.MathJax = {
  loader: { paths: { fonts: "[mathjax]/fonts", sre: "[mathjax]/sre" } },
  options: {
    ignoreHtmlClass: "notes", processHtmlClass: "set",
    menuOptions: { settings: { assistiveMml: true, enrich: false, speech: false, braille: false, inTabOrder: false } },
  },
  chtml: { matchFontHeight: false },
  startup: { pageReady: () => MathJax.startup.defaultPageReady().then(start) },
};
