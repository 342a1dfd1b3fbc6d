// A display that is wider than its box scrolls in it; the keyboard must reach it.
(() => {
  "use strict";
  function reach(entries) {
    for (const { target: box } of entries) {
      const scrolls = box.scrollWidth > box.clientWidth;
      for (const [name, value] of [["tabindex", "0"], ["role", "group"], ["aria-label", "Formula, scrolls sideways"]]) {
        if (scrolls) box.setAttribute(name, value);
        else box.removeAttribute(name);
      }
    }
  }
  function start() {
    const watch = new ResizeObserver(reach); // also when a fold opens; the fonts change no width
    document.querySelectorAll(".formula").forEach((box) => watch.observe(box));
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
