// Proofs and the code of checks fold behind one line. A click or a key opens one, a link to any line in it opens it,
// a search in the page finds it, "Open all proofs" opens all and is remembered; print shows everything.
(() => {
  "use strict";
  const KEY = "book-proofs";
  const folds = () => [...document.querySelectorAll(".fold")];

  function set(fold, open) {
    const inner = fold.querySelector(":scope > .folded");
    fold.classList.toggle("open", open);
    fold.querySelector(":scope > .fold-line").setAttribute("aria-expanded", String(open));
    if (open) inner.removeAttribute("hidden");
    else inner.setAttribute("hidden", "until-found");
  }
  function reveal(target) {
    for (let fold = target?.closest?.(".fold"); fold; fold = fold.parentElement.closest(".fold")) set(fold, true);
  }
  function follow() {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target || !target.closest(".fold:not(.open)")) return;
    reveal(target);
    target.scrollIntoView();
  }
  function remember(open) {
    try { localStorage.setItem(KEY, open ? "open" : ""); } catch { /* a page from a folder may not remember */ }
  }
  function remembered() {
    try { return localStorage.getItem(KEY) === "open"; } catch { return false; }
  }

  function start() {
    const all = folds(), proofs = all.filter((fold) => fold.classList.contains("proof-fold"));
    const opened = remembered();
    all.forEach((fold) => {
      set(fold, opened && proofs.includes(fold));
      fold.querySelector(":scope > .fold-line").addEventListener("click", () => set(fold, !fold.classList.contains("open")));
      fold.querySelector(":scope > .folded").addEventListener("beforematch", () => set(fold, true));
    });
    const button = document.querySelector(".open-proofs");
    if (button && proofs.length) {
      const say = () => { button.textContent = proofs.every((fold) => fold.classList.contains("open")) ? "Close all proofs" : "Open all proofs"; };
      button.hidden = false;
      button.addEventListener("click", () => {
        const open = !proofs.every((fold) => fold.classList.contains("open"));
        proofs.forEach((fold) => set(fold, open));
        remember(open);
        say();
      });
      document.addEventListener("click", (event) => event.target.closest?.(".fold-line") && say());
      say();
    }
    document.documentElement.classList.add("folds-ready");
    addEventListener("hashchange", follow);
    addEventListener("beforeprint", () => all.forEach((fold) => fold.querySelector(":scope > .folded").removeAttribute("hidden")));
    addEventListener("afterprint", () => all.forEach((fold) => set(fold, fold.classList.contains("open"))));
    follow();
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
