// Search by name in what the book offers: pages, results, words, figures, functions, sources. Results come as one
// types, arrow keys go through them, Enter opens one; the page that is opened shows where the words stand.
(() => {
  "use strict";
  const NAMES = {
    page: "Page", section: "Section", term: "Word", figure: "Figure", source: "Source", exercise: "Exercise", theorem: "Theorem",
    lemma: "Lemma", proposition: "Proposition", corollary: "Corollary", definition: "Definition", remark: "Remark",
    example: "Example", function: "Function", class: "Class", method: "Method", property: "Property", data: "Constant",
  };
  const WEIGHTS = { page: 9, theorem: 8, corollary: 6, proposition: 6, lemma: 5, definition: 7, term: 8, function: 7, class: 7, figure: 5, section: 4 };
  const IN_DIALOG = 12, ON_PAGE = 60, EXCERPT = 150;
  const root = () => document.documentElement.dataset.content_root;
  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").replace(/[‐-―]/g, "-").toLowerCase();
  const wordsOf = (query) => fold(query).split(/[\s,;:()]+/).filter(Boolean);
  const starts = (text, word) => {
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
      const whole = !/\d$/.test(word) || !/\d/.test(text[at + word.length] ?? ""); // "Theorem 1" is not Theorem 10
      if (whole && (at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1]))) return at;
    }
    return -1;
  };
  let index = null;
  const waiting = [];

  window.bookIndex = (data) => {
    index = data.rows.map(([kind, page, anchor, number, title, text, source = ""]) => {
      const label = [NAMES[kind] ?? kind, number].filter(Boolean).join(" "), where = [data.pages[page], source].filter(Boolean).join(" · ");
      return { kind, page, anchor, label, title, text, where, name: fold(`${label} ${title}`), body: fold(text), source: fold(source) };
    });
    waiting.splice(0).forEach((action) => action());
  };
  function withIndex(action) {
    if (index) {
      action();
      return;
    }
    if (waiting.push(action) > 1) return;
    const script = document.createElement("script");
    script.src = `${root()}search-index.js`;
    document.head.append(script);
  }

  function score(entry, query, words) {
    let total = 0;
    for (const word of words) {
      const title = starts(entry.name, word), inside = title < 0 && !/\d$/.test(word) ? entry.name.indexOf(word) : title;
      if (title >= 0 || starts(entry.source, word) >= 0) total += 20;
      else if (inside >= 0 && word.length > 2) total += 10;
      else if (starts(entry.body, word) >= 0) total += 2;
      else return 0;
    }
    const title = fold(entry.title);
    if (title === query || entry.name === query) total += 60;
    else if (title.split(".").at(-1) === query) total += 50;
    else if (starts(title, query) === 0) total += 25;
    else if (entry.source.endsWith(` ${query}.`)) total += 28; // this is that theorem; others improve on it, or have a part of it
    else if (starts(entry.source, query) >= 0) total += 20;
    else if (starts(entry.name, query) >= 0) total += 15;
    else if (starts(entry.body, query) >= 0) total += 4;
    return total + (WEIGHTS[entry.kind] ?? 1) / 2;
  }
  function search(text) {
    const words = wordsOf(text), query = words.join(" ");
    if (!words.length) return [];
    return index.map((entry) => ({ entry, points: score(entry, query, words) })).filter((hit) => hit.points > 0)
      .sort((a, b) => b.points - a.points).map((hit) => hit.entry);
  }

  // the text with the words marked; what is marked is text, never HTML
  function marked(text, words) {
    const part = document.createDocumentFragment(), plain = [...text].map((letter) => fold(letter).slice(0, 1) || " ").join("");
    let at = 0;
    while (at < text.length) {
      const next = words.map((word) => [starts(plain.slice(at), word), word]).filter(([place]) => place >= 0)
        .map(([place, word]) => [place + at, word]).sort((a, b) => a[0] - b[0] || b[1].length - a[1].length)[0];
      if (!next || plain.length !== text.length) break;
      const mark = document.createElement("mark");
      mark.textContent = text.slice(next[0], next[0] + next[1].length);
      part.append(text.slice(at, next[0]), mark);
      at = next[0] + next[1].length;
    }
    part.append(text.slice(at));
    return part;
  }
  function excerpt(entry, words) {
    const places = words.map((word) => starts(entry.body, word)).filter((place) => place >= 0);
    let start = Math.max(0, Math.min(...(places.length ? places : [0])) - 50);
    if (start) start = entry.text.indexOf(" ", start) + 1;
    const text = entry.text.slice(start, start + EXCERPT);
    return `${start ? "… " : ""}${text}${start + EXCERPT < entry.text.length ? " …" : ""}`;
  }
  function address(entry, query) {
    return `${root()}${entry.page}.html?find=${encodeURIComponent(query)}${entry.anchor ? `#${encodeURIComponent(entry.anchor)}` : ""}`;
  }
  function item(entry, query, words) {
    const line = document.createElement("li"), link = document.createElement("a"), head = document.createElement("span");
    link.href = address(entry, query);
    head.className = "found-name";
    const label = document.createElement("span");
    label.className = "found-kind";
    label.textContent = entry.label;
    const name = document.createElement("span");
    name.append(marked(entry.title, words));
    head.append(label, " ", name);
    link.append(head);
    const where = document.createElement("span");
    where.className = "found-where";
    if (entry.kind !== "page") where.append(marked(entry.where, words));
    const text = document.createElement("span");
    text.className = "found-text";
    text.append(marked(excerpt(entry, words), words));
    link.append(where, text);
    line.append(link);
    return line;
  }

  function start(form) {
    const input = form.querySelector("input"), list = form.querySelector(".found"), count = form.querySelector(".find-count");
    const inDialog = !!form.closest("dialog");
    const links = () => [...list.querySelectorAll("a")];
    function update() {
      const query = input.value, words = wordsOf(query);
      if (!words.length) {
        list.replaceChildren();
        count.textContent = "";
        return;
      }
      withIndex(() => {
        if (query !== input.value) return;
        const hits = search(query), shown = hits.slice(0, inDialog ? IN_DIALOG : ON_PAGE);
        list.replaceChildren(...shown.map((entry) => item(entry, query.trim(), words)));
        const more = hits.length > shown.length ? `, the first ${shown.length} are shown` : "";
        count.textContent = hits.length ? `${hits.length} ${hits.length === 1 ? "result" : "results"}${more}` : "Nothing found.";
      });
    }
    input.addEventListener("input", update);
    input.addEventListener("focus", () => withIndex(() => {}), { once: true });
    form.addEventListener("submit", (event) => {
      const first = links()[0];
      if (!inDialog) {
        event.preventDefault();
        history.replaceState(null, "", `?q=${encodeURIComponent(input.value)}`);
        update();
      } else if (first) {
        event.preventDefault();
        location.assign(first.href);
        form.closest("dialog").close();
      }
    });
    form.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      const all = [input, ...links()];
      all[(all.indexOf(document.activeElement) + step + all.length) % all.length].focus();
    });
    list.addEventListener("click", (event) => event.target.closest("a") && form.closest("dialog")?.close());
    if (!inDialog) {
      input.value = new URLSearchParams(location.search).get("q") ?? "";
      input.focus();
      update();
    }
  }

  // the words that one looked for, on the page that was opened; the page's text stays as it is
  function land() {
    const words = wordsOf(new URLSearchParams(location.search).get("find") ?? "").filter((word) => word.length > 1);
    const article = document.querySelector("article.bd-article");
    if (!words.length || !article || !window.Highlight) return;
    const ranges = [], walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode, text = node.data.toLowerCase();
      if (node.parentElement.closest("script, style, mjx-container, .math, svg")) continue;
      for (const word of words) {
        for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
          if (at && /[\p{L}\p{N}]/u.test(text[at - 1])) continue;
          const range = new Range();
          range.setStart(node, at);
          range.setEnd(node, at + word.length);
          ranges.push(range);
        }
      }
    }
    CSS.highlights.set("found", new Highlight(...ranges));
    document.addEventListener("keydown", (event) => event.key === "Escape" && CSS.highlights.delete("found"));
  }

  function begin() {
    document.querySelectorAll("form.find").forEach(start);
    land();
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
