// The fate of the reader's own text: counts its words on this machine, in a worker where there is one, and shows the
// proved bounds of the vocabulary after so many rounds, as collapse_lib.vocabulary.forecast computes them.
(() => {
  "use strict";

  // Counts words of files and of text: tokens, and how many words have each count. Self-contained, so that a worker
  // can run it. Words are those of collapse_lib/_words.py: Python's \w is \p{L}, \p{N} and the underscore.
  async function countWords({ files = [], text = "" }, progress, breathe) {
    const WORDS = /[\p{L}\p{N}_]+(?:['’][\p{L}\p{N}_]+)*/gu, SLICE = 2 ** 19, LONG = 2 ** 22;
    const words = new Map(), total = files.reduce((sum, file) => sum + file.size, text.length);
    let rest = "", done = 0;
    const refuse = (reason) => { throw Object.assign(new Error(reason), { said: true }); };
    // a word that was cut out of a slice would keep all of the slice in memory
    const own = (word) => (word.length < 13 ? word : JSON.parse(JSON.stringify(word)));
    function add(word) {
      const count = words.get(word);
      if (count === undefined) words.set(own(word), 1);
      else words.set(word, count + 1);
    }
    function take(part, last) {
      if (part.includes("\0")) refuse("This is not text: it has a byte that is zero.");
      rest += part;
      let end = rest.length;
      if (!last) while (end && !/\s/.test(rest[end - 1])) end--;
      for (const word of rest.slice(0, end).match(WORDS) ?? []) add(word);
      rest = rest.slice(end);
      if (rest.length <= LONG) return;
      const found = [...rest.matchAll(WORDS)], open = found.pop(); // the last word may go on
      for (const [word] of found) add(word);
      rest = open ? rest.slice(open.index) : "";
      if (rest.length > LONG) refuse("This is not text: it has a word of more than four million characters.");
    }
    for (const file of files) {
      const decoder = new TextDecoder("utf-8", { fatal: true });
      for (let at = 0; at < file.size; at += SLICE) {
        const bytes = await file.slice(at, at + SLICE).arrayBuffer();
        let part;
        try { part = decoder.decode(bytes, { stream: at + SLICE < file.size }); }
        catch { refuse(`${file.name} is not text in UTF-8. The command below takes other encodings.`); }
        take(part, false);
        done += bytes.byteLength;
        progress(done, total);
        await breathe();
      }
      take("", true);
    }
    for (let at = 0; at < text.length; at += SLICE) {
      take(text.slice(at, at + SLICE), at + SLICE >= text.length);
      progress(Math.min(at + SLICE, text.length), total);
      await breathe();
    }
    const kinds = new Map();
    let tokens = 0;
    for (const count of words.values()) { tokens += count; kinds.set(count, (kinds.get(count) ?? 0) + 1); }
    if (!tokens) refuse(total ? "There is no word in this text." : "There is nothing to count: the text is empty.");
    return { tokens, words: words.size, kinds: [...kinds].sort((a, b) => a[0] - b[0]) };
  }

  // Runs countWords off the page where that is allowed; returns the result as a promise, and how to stop it.
  function counting(input, progress) {
    const blob = new Blob([`const countWords = ${countWords};
      onmessage = ({ data }) => countWords(data, (done, total) => postMessage({ done, total }), () => {})
        .then((result) => postMessage({ result }), (error) => postMessage({ error: error.message, said: error.said }));`], { type: "text/javascript" });
    let worker = null;
    try {
      const address = URL.createObjectURL(blob);
      worker = new Worker(address);
      URL.revokeObjectURL(address);
    } catch { /* no workers here: in slices, on the page */ }
    let stop;
    const result = new Promise((resolve, reject) => {
      const fail = (error) => reject(error.said ? error : new Error("The text cannot be read."));
      const stopped = Object.assign(new Error("Cancelled: nothing was counted."), { said: true });
      let over = false;
      stop = () => { over = true; worker?.terminate(); reject(stopped); };
      const breathe = () => new Promise((go, halt) => setTimeout(() => (over ? halt(stopped) : go())));
      const here = () => countWords(input, progress, breathe).then(resolve, fail);
      if (!worker) { here(); return; }
      worker.onmessage = ({ data }) => {
        if (data.total) { progress(data.done, data.total); return; }
        worker.terminate();
        if (data.result) resolve(data.result);
        else fail(Object.assign(new Error(data.error), { said: data.said }));
      };
      worker.onerror = (event) => { event.preventDefault(); worker.terminate(); worker = null; here(); };
      worker.postMessage(input);
    });
    return { result, stop };
  }

  // ---------------------------------------------------------------- the bounds

  // g_k and h_k for k = 1, ..., last, behind an entry for round 0.
  function rates(n, last) {
    const g = [Infinity, 1], h = [Infinity, 1], keep = Math.log1p(-1 / n);
    while (g.length <= last) {
      g.push(-Math.expm1(-g[g.length - 1]));
      h.push(-Math.expm1(n * h[h.length - 1] * keep));
    }
    return { g, h };
  }
  // Probability that a word of share p is left after k rounds: from below and from above.
  function survival(p, n, k, { g, h }) {
    const low = k ? Math.max(p, -Math.expm1(-n * p * g[k])) : 1;
    return [low, k ? Math.min(1, Math.max(low, -Math.expm1(n * h[k] * Math.log1p(-p)))) : 1];
  }
  function vocabulary({ tokens, kinds }, n, k, known) {
    let lower = 0, upper = 0;
    for (const [count, words] of kinds) {
      const [low, high] = survival(count / tokens, n, k, known);
      lower += words * low;
      upper += words * high;
    }
    return [lower, upper];
  }
  // The half-life lies between the first rounds at which the two bounds are at most 1/2; null where not by `last`.
  function halfLife(p, n, last, known) {
    const first = (side) => {
      if (survival(p, n, last, known)[side] > 0.5) return null;
      let low = 0, high = last; // the bounds decrease with k
      while (high - low > 1) {
        const k = (low + high) >> 1;
        if (survival(p, n, k, known)[side] > 0.5) low = k; else high = k;
      }
      return high;
    };
    return [first(0), first(1)];
  }

  // ---------------------------------------------------------------- the page

  const STOPS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100, 120, 150, 200, 250, 300, 400, 500, 600, 800, 1000];
  const ROWS = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000], MOST = 1e12, LATEST = 10000, BIG = 200000;
  const whole = (value) => value.toLocaleString("en");
  const some = (value) => value.toLocaleString("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const share = (value) => `${(100 * value).toFixed(1)} %`;
  const plural = (count, word) => `${whole(count)} ${word}${count === 1 ? "" : "s"}`;
  const datum = (value, text) => `<data value="${value}">${text}</data>`;

  const FORM = `
    <p class="privacy">Nothing leaves this machine: the page itself counts, and it sends and keeps nothing.</p>
    <div class="drop">
      <p><label for="own-file">A text file in UTF-8, chosen or dropped here</label> <input id="own-file" type="file" multiple></p>
      <p><label for="own-text">Or text, typed or pasted</label> <textarea id="own-text" rows="4" spellcheck="false"></textarea></p>
      <p class="buttons"><button type="button" class="go">Count this text</button> <button type="button" class="this-page">Take the text of this page</button></p>
    </div>
    <p class="busy" hidden><label for="own-progress">Counting</label> <progress id="own-progress" max="1" value="0"></progress> <button type="button" class="cancel">Cancel</button></p>
    <p class="outcome" role="status" aria-live="polite"></p>
    <div class="answer" hidden>
      <div class="controls">
        <label for="own-n"><span>tokens written in each round</span> <input id="own-n" type="number" min="1" max="${MOST}" step="1" aria-describedby="own-n-wrong"></label>
        <p id="own-n-wrong" class="wrong" role="alert"></p>
        <label for="own-round"><span>round</span> <input id="own-round" type="range" min="0" max="${STOPS.length - 1}" value="9"> <output for="own-round own-n"></output></label>
      </div>
      <div class="drawing"></div>
      <div class="tables"></div>
    </div>`;

  function start(root) {
    root.innerHTML = FORM;
    const find = (selector) => root.querySelector(selector);
    const [file, area, size, round] = ["#own-file", "#own-text", "#own-n", "#own-round"].map(find);
    const outcome = find(".outcome"), busy = find(".busy"), bar = find("progress"), wrong = find(".wrong"), answer = find(".answer");
    let counted = null, plot = null, ends = [], job = null;

    async function count(input, name) {
      job?.stop();
      outcome.textContent = "";
      answer.hidden = true;
      bar.value = 0;
      busy.hidden = false;
      const mine = (job = counting(input, (done, total) => { if (job === mine) bar.value = done / total; }));
      try {
        const result = await mine.result;
        if (job !== mine) return;
        counted = result;
        size.value = counted.tokens;
        answer.hidden = false;
        forecast();
        const once = counted.kinds[0][0] === 1 ? counted.kinds[0][1] : 0, [lower, upper] = ends[9];
        outcome.textContent = `${name}: ${plural(counted.tokens, "token")}, ${plural(counted.words, "distinct word")}, ${whole(once)} of them once. After ten rounds of as many tokens ${between(lower, upper)} words are left on average.`;
      } catch (error) {
        if (job === mine) outcome.textContent = error.said ? error.message : "The text cannot be read.";
      } finally {
        if (job === mine) { busy.hidden = true; job = null; }
      }
    }
    const between = (lower, upper) => (some(lower) === some(upper) ? some(lower) : `${some(lower)} to ${some(upper)}`);

    // Everything that follows from the counts and n.
    function forecast() {
      const n = Number(size.value);
      const allowed = size.value.trim() !== "" && Number.isInteger(n) && n >= 1 && n <= MOST;
      wrong.textContent = allowed ? "" : `The tokens written in each round are a whole number from 1 to ${whole(MOST)}.`;
      if (!allowed) return;
      const known = rates(n, LATEST), at = (k) => vocabulary(counted, n, k, known);
      ends = STOPS.map(at);
      find(".tables").innerHTML = tables(n, known, at);
      draw(at);
      show();
    }
    function tables(n, known, at) {
      const rows = ROWS.map((k) => {
        const [lower, upper] = at(k);
        return `<tr><th scope="row" class="number">${whole(k)}</th><td class="number">${datum(lower, some(lower))}</td><td class="number">${datum(upper, some(upper))}</td><td class="number">${share(lower / counted.words)}</td></tr>`;
      });
      const kinds = new Map(counted.kinds), lives = [];
      for (let c = 1; c <= 10; c++) if (kinds.has(c)) {
        const [first, last] = halfLife(c / counted.tokens, n, LATEST, known);
        const text = first === null ? `more than ${whole(LATEST)}` : first === last ? whole(first) : last === null ? `${whole(first)} or more` : `${whole(first)} to ${whole(last)}`;
        lives.push(`<tr><th scope="row" class="number">${c}</th><td class="number">${whole(kinds.get(c))}</td><td class="number" data-first="${first}" data-last="${last}">${text}</td></tr>`);
      }
      const table = (name, caption, head, body) => `<div class="numbers" tabindex="0" role="region" aria-label="${caption}"><table class="${name}"><caption><span>${caption}</span></caption><thead><tr>${head.map((text) => `<th scope="col" class="number">${text}</th>`).join("")}</tr></thead><tbody>${body.join("")}</tbody></table></div>`;
      return table("left", "Words left on average.", ["round", "at least", "at most", "share"], rows)
        + (lives.length ? table("lives", "The first round by which such a word is lost with probability one half.", ["count", "words", "half-life"], lives) : "");
    }
    function draw(at) {
      const last = STOPS[STOPS.length - 1], steps = 8000, points = 160;
      const height = 1.05 * counted.words, place = (k) => (steps * Math.log(k)) / Math.log(last), level = (words) => (steps * words) / height;
      const x = Float64Array.from({ length: points + 1 }, (_, i) => (steps * i) / points);
      const rounds = [...new Set([...x].map((s) => Math.round(last ** (s / steps))))], bands = rounds.map(at);
      const row = (values) => [Float64Array.from(values)];
      const box = document.createElement("div");
      box.className = "picture";
      find(".drawing").replaceChildren(box);
      const common = { variant: 0, steps };
      plot = new Plot(box, {
        shape: [STOPS.length],
        alts: STOPS.map((k, i) => `The number of words left falls with the round, from ${whole(counted.words)} to ${between(...ends[ends.length - 1])} after ${whole(last)} rounds. After ${plural(k, "round")} it is ${between(...ends[i])} on average.`),
        panels: [{
          x: [1, last, "log"], y: [0, height, "linear"], xlabel: "round", ylabel: "words left, on average",
          marks: [
            { ...common, kind: "band", role: "bound", label: "proved bounds", x: row(rounds.map(place)), y: row(bands.map(([, upper]) => level(upper))), low: row(bands.map(([lower]) => level(lower))), high: row(bands.map(([, upper]) => level(upper))) },
            { ...common, kind: "vline", role: "rule", label: "", x: STOPS.map((k) => Float64Array.of(place(k))), y: row([0]) },
          ],
        }],
      });
      box.addEventListener("pointermove", (event) => { const p = plot.locate(event); if (p.x >= 0 && p.x <= 1) plot.read(p.x, p.pixels); else plot.leave(); });
      box.addEventListener("pointerleave", () => plot.leave());
    }
    function show() {
      const i = Number(round.value), text = `${plural(STOPS[i], "round")}: ${between(...ends[i])} words, ${share(ends[i][0] / counted.words)}`;
      round.setAttribute("aria-valuetext", text);
      find("output").textContent = text;
      plot.move([i]);
    }

    const read = (files) => count({ files: [...files] }, files.length === 1 ? files[0].name : `${files.length} files`);
    file.addEventListener("change", () => { if (file.files.length) read(file.files); });
    find(".go").addEventListener("click", () => count({ text: area.value }, "Your text"));
    find(".this-page").addEventListener("click", () => count({ text: document.querySelector("article").innerText }, "This page"));
    find(".cancel").addEventListener("click", () => { job?.stop(); area.focus(); });
    area.addEventListener("paste", (event) => {
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (text.length > BIG) { event.preventDefault(); count({ text }, "The pasted text"); } // too much to show
      else setTimeout(() => count({ text: area.value }, "Your text"));
    });
    const drop = find(".drop"), over = (event) => { event.preventDefault(); drop.classList.add("over"); };
    for (const name of ["dragenter", "dragover"]) drop.addEventListener(name, over);
    drop.addEventListener("dragleave", () => drop.classList.remove("over"));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      const { files } = event.dataTransfer;
      if (files.length) read(files);
      else count({ text: event.dataTransfer.getData("text/plain") }, "The dropped text");
    });
    size.addEventListener("input", () => counted && forecast());
    round.addEventListener("input", show);
  }
  const all = () => document.querySelectorAll(".own-text").forEach(start);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", all);
  else all();
})();
