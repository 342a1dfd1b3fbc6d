// What the execution of the pages took (theme/bookbuild/times.py): the numbers, which no two builds share, come from a
// file of their own into the tables that name them.
(() => {
  "use strict";
  const sum = (values) => values.reduce((a, b) => a + b, 0);
  const value = (page, what) => (what === "seconds" ? page.seconds : what === "sections" ? sum(page.sections) : page.sections[what]);
  window.executionTimes = (pages) => {
    for (const cell of document.querySelectorAll("[data-measured]")) {
      const [name, what] = cell.dataset.measured.split(" ");
      const found = (name === "*" ? Object.values(pages) : [pages[name]]).map((page) => page && value(page, what));
      if (found.length && found.every((number) => number !== undefined)) cell.textContent = sum(found).toFixed(1);
    }
  };
  const start = () => {
    if (!document.querySelector("[data-measured]")) return;
    const script = document.createElement("script");
    script.src = `${document.documentElement.dataset.content_root}execution-times.js`;
    document.head.append(script);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
