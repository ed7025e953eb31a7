// The theme calls MathJax 2's Hub.Queue once; MathJax 4 has none. Runs before MathJax is loaded.
window.MathJax = Object.assign(window.MathJax || {}, {
  startup: {
    ready() {
      MathJax.startup.defaultReady();
      MathJax.Hub = { Queue() {} };
    },
  },
});
