// Slides: arrows, Page Up and Down or the space bar turn them, Home and End lead to the ends, Escape or O shows all
// at once, S the notes. The address names the slide. Without this script they stand one below the other.
(() => {
  "use strict";
  const root = document.documentElement;
  const wide = matchMedia("screen and (min-width: 56em) and (min-height: 30em)"); // as in slides.css
  const slides = [...document.querySelectorAll(".bd-article > section")];
  const bar = document.querySelector(".deck-bar"), button = (name) => bar.querySelector(`[data-does="${name}"]`);
  let now = 0, all = false;

  // the book's light or dark, if a reader has chosen one, else that of the system
  function colour() {
    let chosen = "";
    try { chosen = localStorage.getItem("theme") || ""; } catch { /* a page from a folder may not remember */ }
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = ["light", "dark"].includes(chosen) ? chosen : dark ? "dark" : "light";
  }
  function said() {
    bar.querySelector("output").textContent = `${now + 1} / ${slides.length}`;
    button("back").disabled = now === 0;
    button("on").disabled = now === slides.length - 1;
    slides.forEach((slide, i) => slide.classList.toggle("now", i === now));
    history.replaceState(null, "", `#${slides[now].id}`);
  }
  function go(to, { focus = true } = {}) {
    now = Math.max(0, Math.min(slides.length - 1, to));
    said();
    slides[now].scrollIntoView({ block: all ? "nearest" : "start", behavior: "instant" });
    if (focus) slides[now].focus({ preventScroll: true });
  }
  function overview(open) {
    all = open;
    root.classList.toggle("overview", all);
    button("overview").setAttribute("aria-pressed", String(all));
    go(now);
  }
  function notes() {
    const shown = root.classList.toggle("with-speech");
    button("speech").setAttribute("aria-pressed", String(shown));
    go(now, { focus: false });
  }
  function seen() { // the slide that a finger or a wheel has brought up
    if (all) return;
    const middle = innerHeight / 2;
    const at = slides.findIndex((slide) => slide.getBoundingClientRect().bottom > middle);
    if (at >= 0 && at !== now) { now = at; said(); }
  }
  function key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const pressed = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const onButton = event.target.closest?.("button, a"), line = wide.matches || all; // on a phone they scroll
    const does = {
      ArrowRight: () => go(now + 1), ArrowLeft: () => go(now - 1), Home: () => go(0), End: () => go(slides.length - 1),
      ...(line && { PageDown: () => go(now + 1), PageUp: () => go(now - 1), ArrowDown: () => go(now + 1), ArrowUp: () => go(now - 1) }),
      ...(line && !onButton && { " ": () => go(now + (event.shiftKey ? -1 : 1)) }),
      ...(all && !onButton && { Enter: () => overview(false) }),
      Escape: () => overview(!all), o: () => overview(!all), s: notes,
    }[pressed];
    if (!does || event.target.closest?.('.formula[tabindex="0"]') && pressed.startsWith("Arrow")) return;
    event.preventDefault();
    does();
  }
  function start() {
    colour();
    slides.forEach((slide, i) => {
      slide.tabIndex = -1;
      slide.addEventListener("click", (event) => {
        if (!all || event.target.closest("a")) return;
        now = i;
        overview(false);
      });
    });
    bar.querySelectorAll("[hidden]").forEach((part) => { part.hidden = false; });
    button("back").addEventListener("click", () => go(now - 1, { focus: false }));
    button("on").addEventListener("click", () => go(now + 1, { focus: false }));
    button("overview").addEventListener("click", () => overview(!all));
    button("speech").addEventListener("click", notes);
    addEventListener("keydown", key);
    addEventListener("scroll", seen, { passive: true });
    const named = slides.findIndex((slide) => `#${slide.id}` === decodeURIComponent(location.hash));
    if (named > 0) go(named, { focus: false });
    else said();
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
