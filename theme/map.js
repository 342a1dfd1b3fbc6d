// The map of results (theme/bookbuild/map.py): a node under the pointer or in focus lights what it rests on and what
// rests on it. Without JavaScript the nodes are links all the same.
(() => {
  "use strict";
  function start(map) {
    const nodes = new Map([...map.querySelectorAll(".node")].map((node) => [node.dataset.label, node]));
    const edges = [...map.querySelectorAll(".edges path")];
    function light(node) {
      map.classList.toggle("lit", Boolean(node));
      [...nodes.values(), ...edges].forEach((part) => part.classList.remove("on", "below", "above"));
      if (!node) return;
      node.classList.add("on");
      for (const edge of edges) {
        const { from, to } = edge.dataset;
        if (to === node.dataset.label) { edge.classList.add("below"); nodes.get(from).classList.add("below"); }
        if (from === node.dataset.label) { edge.classList.add("above"); nodes.get(to).classList.add("above"); }
      }
    }
    const focused = () => map.querySelector(".node:focus-visible");
    map.addEventListener("pointerover", (event) => light(event.target.closest(".node") || focused()));
    map.addEventListener("pointerleave", () => light(focused()));
    map.addEventListener("focusin", () => light(focused()));
    map.addEventListener("focusout", () => light(null));
  }
  const all = () => document.querySelectorAll(".results-map").forEach(start);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", all);
  else all();
})();
