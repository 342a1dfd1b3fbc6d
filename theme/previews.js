// Previews of what a link into the book points to. Pointer or keyboard focus shows one, Escape or leaving closes it;
// a finger follows the link at once. What a page's links show comes as a script when the first one is wanted.
(() => {
  "use strict";
  const LINKS = "article.bd-article a.reference.internal[href]";
  const WAIT = 250, STAY = 300, GAP = 6; // ms before one opens and before it closes; px
  let found = null, asked = false, wanted = null, shown = null, timer = 0, box = null;

  function load() {
    if (asked) return;
    asked = true;
    window.showPreviews = (data) => {
      found = data;
      if (wanted) show(wanted);
    };
    const script = document.createElement("script");
    script.src = `${document.documentElement.dataset.content_root}previews/${DOCUMENTATION_OPTIONS.pagename}.js`;
    document.head.append(script);
  }
  const later = (action, ms) => {
    clearTimeout(timer);
    timer = setTimeout(action, ms);
  };
  function make() {
    box = document.createElement("div");
    box.className = "preview";
    box.id = "preview";
    box.setAttribute("role", "tooltip");
    box.addEventListener("pointerenter", () => clearTimeout(timer));
    box.addEventListener("pointerleave", () => later(hide, STAY));
    document.querySelector("article.bd-article").append(box);
  }
  function place(link) {
    const line = link.getClientRects()[0], width = document.documentElement.clientWidth;
    const size = box.getBoundingClientRect(), origin = box.offsetParent.getBoundingClientRect();
    const above = line.bottom + GAP + size.height > innerHeight && line.top > innerHeight - line.bottom;
    const left = Math.max(GAP, Math.min(line.left, width - size.width - GAP));
    box.style.left = `${left - origin.left}px`;
    box.style.top = `${(above ? line.top - GAP - size.height : line.bottom + GAP) - origin.top}px`;
  }
  function show(link) {
    wanted = link;
    load();
    const html = found?.[link.getAttribute("href")];
    if (!html || shown === link) return;
    hide();
    if (!box) make();
    shown = link;
    box.innerHTML = html;
    box.classList.add("open");
    box.scrollTop = 0;
    if (box.scrollHeight > box.clientHeight) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
    link.setAttribute("aria-describedby", "preview");
    place(link);
  }
  function hide() {
    clearTimeout(timer);
    wanted = null;
    if (!shown) return;
    shown.removeAttribute("aria-describedby");
    shown = null;
    box.classList.remove("open");
    box.replaceChildren();
  }

  document.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    const link = event.target.closest?.(LINKS);
    if (link) {
      wanted = link;
      load();
      if (link === shown) clearTimeout(timer);
      else later(() => show(link), WAIT);
    } else if (!box?.contains(event.target)) {
      if (shown) later(hide, STAY);
      else {
        clearTimeout(timer);
        wanted = null;
      }
    }
  });
  document.addEventListener("focusin", (event) => {
    const link = event.target.closest?.(LINKS);
    if (link?.matches(":focus-visible")) show(link);
    else if (!box?.contains(event.target)) hide();
  });
  document.addEventListener("focusout", (event) => {
    if (event.target === shown && !box.contains(event.relatedTarget)) hide();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !shown) return;
    event.preventDefault();
    hide();
  });
})();
