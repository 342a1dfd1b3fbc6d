// The experiments of the built page: sliders that move their plot, puzzles that wait for the reader's guess, and
// values read off by pointer, finger or keyboard. The plot itself is in plot.js.
(() => {
  "use strict";
  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  function start(root) {
    const data = JSON.parse(root.querySelector("script[type='application/json']").textContent);
    const plot = new Plot(root.querySelector(".picture"), data);
    const values = root.querySelector(".values");
    const sliders = [...root.querySelectorAll(".controls input")];
    const shown = () => plot.nearest;
    const reread = reader(root, plot);

    // ------------------------------------------------------------ sliders
    let target = sliders.map((slider) => Number(slider.value)), frame = 0;
    function place(position) {
      plot.move(position);
      if (values && data.values) values.innerHTML = typeof data.values === "string" ? data.values : data.values.texts[data.values.of[shown()]];
      reread();
    }
    // The values keep room for their longest line, so that the sliders below stay under the finger that moves them.
    const shownText = (text) => text.replace(/<[^>]*>/g, "").length;
    const longest = [...(data.values?.texts ?? [])].sort((p, q) => shownText(q) - shownText(p)).slice(0, 4);
    function room() {
      const tried = values.cloneNode();
      tried.style.cssText = `min-height: 0; position: absolute; visibility: hidden; width: ${values.clientWidth}px`;
      values.after(tried);
      const heights = longest.map((text) => { tried.innerHTML = text; return tried.getBoundingClientRect().height; });
      tried.remove();
      values.style.minHeight = `${Math.max(...heights)}px`;
    }
    if (values && longest.length > 1) new ResizeObserver(() => requestAnimationFrame(room)).observe(plot.box);
    function say() {
      sliders.forEach((slider, axis) => {
        const label = data.labels[axis][Math.round(slider.value)];
        const output = slider.nextElementSibling;
        output.innerHTML = label;
        slider.setAttribute("aria-valuetext", output.textContent);
      });
    }
    // Glide to where the sliders stand; a finger that drags needs no glide.
    function glide(time) {
      target = sliders.map((slider) => Number(slider.value));
      say();
      cancelAnimationFrame(frame);
      const from = plot.position, begin = performance.now();
      const step = (now) => {
        const t = time && !calm() ? Math.min(1, Math.max(0, (now - begin) / time)) : 1, eased = t * (2 - t);
        place(target.map((end, axis) => from[axis] + (end - from[axis]) * eased));
        if (t < 1) frame = requestAnimationFrame(step);
      };
      step(begin);
    }
    sliders.forEach((slider) => {
      slider.addEventListener("pointerdown", () => { slider.step = "any"; });
      slider.addEventListener("input", () => glide(slider.step === "any" ? 0 : 160));
      slider.addEventListener("change", () => { slider.step = "1"; slider.value = Math.round(slider.value); glide(160); });
    });
    const play = root.querySelector(".play");
    let playing = 0;
    function stop() {
      cancelAnimationFrame(playing);
      playing = 0;
      play.setAttribute("aria-pressed", "false");
      play.textContent = "Play";
      sliders[0].value = Math.round(sliders[0].value);
      glide(160);
    }
    play?.addEventListener("click", () => {
      if (playing) { stop(); return; }
      const slider = sliders[0], last = Number(slider.max);
      slider.step = "any";
      let before = performance.now(), at = Number(slider.value) >= last ? 0 : Number(slider.value);
      const step = (now) => {
        at += (Math.max(0, now - before) / 6000) * last;
        before = now;
        slider.value = Math.min(at, last);
        glide(0);
        if (at >= last) { slider.step = "1"; stop(); } else playing = requestAnimationFrame(step);
      };
      playing = requestAnimationFrame(step);
      play.setAttribute("aria-pressed", "true");
      play.textContent = "Pause";
    });

    if (root.classList.contains("asking")) ask(root, plot, data);
    root.classList.add("ready");
    if (sliders.length) glide(0);
  }

  // ---------------------------------------------------------------- puzzles

  function ask(root, plot, data) {
    const puzzle = root.querySelector(".guess"), verdict = puzzle.querySelector(".verdict");
    const options = [...puzzle.querySelectorAll(".options button")], mine = puzzle.querySelector(".mine");
    const { question } = data;
    let drawn = [];
    plot.hidden = true;
    plot.draw();

    function uncover(text) {
      root.classList.remove("asking");
      plot.hidden = false;
      plot.draw();
      verdict.innerHTML = text;
      mine?.setAttribute("disabled", "");
    }
    options.forEach((option, choice) => option.addEventListener("click", () => {
      options.forEach((other) => other.setAttribute("aria-pressed", String(other === option)));
      uncover(question.verdicts[choice]);
    }));
    puzzle.querySelector(".reveal").addEventListener("click", () => uncover(question.because));
    // on paper the puzzle stands with its answer; on the screen it goes on waiting
    let waits = false;
    addEventListener("beforeprint", () => {
      if (!(waits = root.classList.contains("asking"))) return;
      const right = options[question.verdicts.findIndex((text) => text.startsWith("That is right"))];
      uncover(`${right ? `${right.innerHTML}. ` : ""}${question.because}`);
    });
    addEventListener("afterprint", () => {
      if (!waits) return;
      root.classList.add("asking");
      plot.hidden = true;
      plot.draw();
      verdict.textContent = "";
      mine?.removeAttribute("disabled");
    });

    const a = () => plot.axes[0];
    function line(place) {
      const { left, right, top, height } = a();
      const [x1, y1, x2, y2] = question.place === "x"
        ? [left + place * (right - left), top, left + place * (right - left), top + height]
        : [left, top + (1 - place) * height, right, top + (1 - place) * height];
      const end = question.place === "x" && x1 > (left + right) / 2;
      plot.guess(`<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/><text x="${question.place === "x" ? x1 + (end ? -6 : 6) : left + 6}" y="${question.place === "x" ? top + height - 8 : y1 - 6}" text-anchor="${end ? "end" : "start"}">your guess</text>`);
    }
    function sketch() {
      const { left, right, top, height } = a();
      const path = drawn.map((y, i) => (y == null ? null : [left + (i / (drawn.length - 1)) * (right - left), top + (1 - y) * height])).filter(Boolean);
      plot.guess(path.length ? `<polyline points="${path.map((p) => p.map((v) => v.toFixed(1)).join(",")).join(" ")}"/><text x="${path[path.length - 1][0]}" y="${path[path.length - 1][1] - 6}" text-anchor="end">your guess</text>` : "");
    }
    const redraw = () => (question.place ? mine.dataset.touched && line(mine.value / 1000) : question.sketch && sketch());
    new ResizeObserver(() => requestAnimationFrame(redraw)).observe(plot.box);
    if (question.place) {
      mine.addEventListener("input", () => { mine.dataset.touched = "1"; line(mine.value / 1000); commit.removeAttribute("disabled"); });
    }
    const commit = puzzle.querySelector(".commit");
    commit?.addEventListener("click", () => {
      const axis = plot.data.panels[0][question.place || "y"];
      if (question.place) {
        const value = plot.at(mine.value / 1000, axis);
        uncover(`You said ${Plot.number(value)}. ${question.because}`);
      } else uncover(question.because);
    });
    if (!options.length) {
      let pressed = false, before = null;
      const hold = (event) => {
        if (!pressed || !root.classList.contains("asking")) return;
        const p = plot.locate(event);
        if (question.place) {
          mine.value = Math.round(1000 * Math.min(1, Math.max(0, p[question.place])));
          mine.dispatchEvent(new Event("input"));
        } else {
          const n = 60, i = Math.round(Math.min(1, Math.max(0, p.x)) * n), y = Math.min(1, Math.max(0, p.y));
          if (!drawn.length) drawn = Array(n + 1).fill(null);
          const from = before == null ? i : before[0], start = before == null ? y : before[1];
          for (let j = Math.min(from, i); j <= Math.max(from, i); j++) drawn[j] = from === i ? y : start + ((y - start) * (j - from)) / (i - from);
          before = [i, y];
          commit.removeAttribute("disabled");
          sketch();
        }
        event.preventDefault();
      };
      plot.box.classList.add("placing");
      plot.box.addEventListener("pointerdown", (event) => { pressed = true; before = null; plot.box.setPointerCapture(event.pointerId); hold(event); });
      plot.box.addEventListener("pointermove", hold);
      for (const end of ["pointerup", "pointercancel"]) plot.box.addEventListener(end, () => { pressed = false; });
    }
  }

  // ---------------------------------------------------------------- values under the pointer

  function reader(root, plot) {
    const cursor = root.querySelector(".cursor"), says = root.querySelector(".says");
    plot.box.addEventListener("pointermove", (event) => {
      if (root.classList.contains("asking")) return;
      const p = plot.locate(event);
      if (p.x >= 0 && p.x <= 1) plot.read(p.x, p.pixels);
      else plot.leave();
    });
    plot.box.addEventListener("pointerleave", () => plot.leave());
    if (!cursor) return () => {};
    const read = () => { const text = plot.read(cursor.value / 100); says.textContent = text; cursor.setAttribute("aria-valuetext", text); };
    cursor.addEventListener("input", read);
    cursor.addEventListener("focus", read);
    cursor.addEventListener("blur", () => { plot.leave(); says.textContent = ""; });
    return () => { if (says.textContent) read(); }; // the values follow the sliders
  }

  const startAll = () => document.querySelectorAll(".living").forEach(start);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", startAll);
  else startAll();
})();
