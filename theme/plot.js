// Draws the data of a figure (collapse_lib/figures/living.py): axes that take the width, text that keeps its size,
// curves that move between stops, and the values under the pointer. No dependency.
(() => {
  "use strict";
  const ALPHABET = [...Array(95)].map((_, i) => String.fromCharCode(i + 32)).filter((c) => !'"\\<~&'.includes(c));
  const CODE = Object.fromEntries(ALPHABET.map((c, i) => [c, i]));
  const SIZE = ALPHABET.length, HALF = SIZE >> 1;
  const DASHES = {
    exact: ["", "12 3", "3 3", "8 8"], bound: ["7 3.5", "3.5 3.5", "12 5", "3.5 8"],
    paper: ["11 3.5 2 3.5", "11 3.5 2 3.5 2 3.5", "16 4 2 4", "11 3.5 2 3.5 2 3.5 2 3.5"],
    limit: ["1.6 3.2", "1.6 6", "1.6 2", "1.6 2 1.6 6"],
  };
  const MARGIN = { top: 34, bottom: 46, gap: 78, right: 14 }, LINE = 17;
  // where a label may stand, seen from a point of its curve
  const NEAR = [[0, -9, "middle"], [0, 20, "middle"], [8, -6, "start"], [-8, -6, "end"], [8, 16, "start"], [-8, 16, "end"]];
  const FARTHER = [[0, -16, "middle"], [0, 27, "middle"], [12, 4, "start"], [-12, 4, "end"], [14, -14, "start"], [-14, -14, "end"], [14, 24, "start"], [-14, 24, "end"]];
  const NS = "http://www.w3.org/2000/svg";
  const escape = (text) => text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);

  // Rows of positions, one a frame; a missing position is NaN.
  function decode({ frames, length, way, code, missing = [] }) {
    const rows = Array.from({ length: frames }, () => new Float64Array(length));
    let at = 0;
    for (let f = 0; f < frames; f++) for (let i = 0; i < length; i++) {
      const c = code[at++];
      let value = CODE[c] - HALF;
      if (c === "~") {
        const z = (CODE[code[at]] * SIZE + CODE[code[at + 1]]) * SIZE + CODE[code[at + 2]];
        at += 3;
        value = z & 1 ? -(z + 1) / 2 : z / 2;
      }
      if (way === "c") value += i ? rows[f][i - 1] : 0;
      else {
        const above = (k) => (f && k >= 0 ? rows[f - 1][k] : 0);
        if (way === "b" && i) value += rows[f][i - 1] - above(i - 1);
        value += above(i);
      }
      rows[f][i] = value;
    }
    for (let m = 0; m < missing.length; m += 2) rows[missing[m]][missing[m + 1]] = NaN;
    return rows;
  }

  const pooled = (pool, frame) => (typeof pool === "string" ? pool : pool.texts[pool.of[frame]]);

  function ticks(from, to, scale, most) {
    const low = Math.min(from, to), high = Math.max(from, to); // an axis may run backwards
    if (scale === "log") {
      const first = Math.ceil(Math.log10(low) - 1e-9), last = Math.floor(Math.log10(high) + 1e-9), all = [];
      const step = Math.max(1, Math.ceil((last - first + 1) / most));
      for (let e = first; e <= last; e += step) all.push([10 ** e, power(e)]);
      if (all.length < 3) for (let e = first - 1; e <= last; e++) for (const m of [2, 5]) {
        const value = m * 10 ** e;
        if (value >= low && value <= high) all.push([value, number(value)]);
      }
      return all;
    }
    const rough = (high - low) / most, unit = 10 ** Math.floor(Math.log10(rough));
    const step = unit * [1, 2, 5, 10].find((m) => m * unit >= rough - 1e-12);
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9)), all = [];
    for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) {
      const value = i * step || 0;
      all.push([value, Math.abs(value) >= 1e5 ? number(value) : value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }).replace("-", "−")]);
    }
    return all;
  }
  const power = (e) => (e >= -3 && e < 5 ? (10 ** e).toLocaleString("en", { maximumFractionDigits: 3 }) : `10<tspan dy="-5" style="font-size: 75%">${String(e).replace("-", "−")}</tspan>`);
  function number(value) {
    const size = Math.abs(value);
    if (size && (size < 1e-3 || size >= 1e6)) return value.toExponential(1).replace(/e\+?(-?)(\d+)/, (_, sign, e) => ` × 10${(sign + e).replace(/./g, (c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] || "⁻")}`);
    return Number(value.toPrecision(3)).toLocaleString("en", { maximumFractionDigits: 6 }).replace("-", "−");
  }

  class Plot {
    constructor(box, data) {
      this.box = box;
      this.data = data;
      this.number = Plot.count = (Plot.count || 0) + 1;
      this.frames = data.alts.length;
      this.position = data.shape.map(() => 0);
      this.hidden = false;
      for (const panel of data.panels) for (const mark of panel.marks) {
        for (const name of ["x", "y", "low", "high"]) {
          if (mark[name]?.[0] instanceof Float64Array) continue; // positions as they are, a row a frame
          if (Array.isArray(mark[name])) mark[name] = mark[name].map((part) => decode(part)[0]);
          else if (mark[name]) mark[name] = decode(mark[name]);
        }
      }
      box.innerHTML = `<svg role="img" xmlns="${NS}"></svg>`;
      box.classList.add("drawn");
      this.svg = box.firstChild;
      this.canvas = document.createElement("canvas").getContext("2d");
      this.layout();
      new ResizeObserver(() => { if (box.clientWidth !== this.width) this.layout(); }).observe(box);
      document.fonts?.ready.then(() => this.layout());
    }

    // ---------------------------------------------------------------- where on the grid of frames

    // Frames around the position, with their weights.
    corners() {
      let list = [[0, 1]];
      this.position.forEach((p, axis) => {
        const n = this.data.shape[axis], low = Math.min(Math.floor(p), n - 1), t = p - low;
        list = list.flatMap(([i, w]) => (t > 1e-6 ? [[i * n + low, w * (1 - t)], [i * n + low + 1, w * t]] : [[i * n + low, w]]));
      });
      return list;
    }
    get nearest() { return this.corners().reduce((a, b) => (b[1] > a[1] ? b : a))[0]; }
    move(position) { this.position = position; this.draw(); }

    row(mark, name, frame) { return mark[name][mark[name].length > 1 ? frame : 0]; }

    // A mark's positions, between frames where it may move.
    values(mark, name) {
      const near = this.nearest;
      if (mark.snap || mark[name].length === 1) return this.row(mark, name, near);
      const corners = this.corners().filter(([f]) => !mark.shown || mark.shown[f] === "1");
      const sum = corners.reduce((total, [, w]) => total + w, 0);
      if (!sum) return this.row(mark, name, near);
      const out = new Float64Array(mark[name][0].length);
      for (const [f, w] of corners) mark[name][f].forEach((value, i) => { out[i] += (value * w) / sum; });
      return out;
    }

    // ---------------------------------------------------------------- layout, in pixels

    text(content) { return this.canvas.measureText(content.replace(/<[^>]*>/g, "").replace(/&\w+;/g, "<")).width; }

    layout() {
      const style = getComputedStyle(this.box);
      this.width = this.box.clientWidth;
      if (!this.width) return;
      this.size = parseFloat(style.fontSize);
      this.canvas.font = `${style.fontSize} ${style.fontFamily}`;
      const panels = this.data.panels, count = panels.length;
      const height = Math.round(Math.min(270, Math.max(185, 0.44 * this.width)));
      const most = Math.max(3, Math.min(7, Math.round(this.width / 95)));
      this.axes = panels.map((panel, i) => ({
        panel, top: MARGIN.top + i * (height + MARGIN.gap), height,
        xticks: ticks(...panel.x, most), yticks: panel.yticks ? panel.yticks.map((value) => [value, number(value)]) : ticks(...panel.y, 5),
      }));
      const left = 10 + Math.max(0, ...this.axes.flatMap((a) => a.yticks.map(([, label]) => this.text(label))));
      const longest = Math.max(0, ...panels.flatMap((p) => p.marks.filter((m) => m.kind !== "vline" && m.kind !== "note").flatMap((m) => (typeof m.label === "string" ? [m.label] : m.label.texts)).map((label) => this.text(label))));
      this.outside = longest > 0 && longest < 0.24 * this.width;
      const right = this.width - (this.outside ? longest + 14 : MARGIN.right);
      this.axes.forEach((a) => {
        a.left = left; a.right = right;
        if (!a.panel.equal) return; // one unit is as long on both axes
        const wide = (a.panel.x[1] - a.panel.x[0]) / (a.panel.y[1] - a.panel.y[0]);
        a.right = Math.min(right, left + wide * height);
        a.height = (a.right - left) / wide;
      });
      this.height = MARGIN.top + count * height + (count - 1) * MARGIN.gap + MARGIN.bottom;
      this.svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
      this.box.style.height = `${this.height}px`;
      this.svg.innerHTML = this.axes.map((a) => this.frame(a)).join("") + '<g class="marks"></g><g class="guessed"></g><g class="reading" aria-hidden="true"></g>';
      this.draw();
    }

    frame(a) {
      const { left, right, top, height, panel } = a, bottom = top + height, parts = [];
      const line = (x1, y1, x2, y2) => `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`;
      parts.push(`<g class="axis">${line(left, top, left, bottom)}${line(left, bottom, right, bottom)}`);
      for (const [value] of a.xticks) { const x = this.px(a, this.place(value, panel.x)); parts.push(line(x, bottom, x, bottom + 4)); }
      for (const [value] of a.yticks) { const y = this.py(a, this.place(value, panel.y)); parts.push(line(left - 4, y, left, y)); }
      parts.push("</g>");
      const named = []; // powers of ten come first among the ticks; others are named where there is room
      for (const [value, label] of a.xticks) {
        const half = this.text(label) / 2;
        const x = Math.min(this.px(a, this.place(value, panel.x)), this.width - half - 1);
        if (named.some(([at, other]) => Math.abs(x - at) < half + other + 6)) continue;
        named.push([x, half]);
        parts.push(`<text x="${x}" y="${bottom + 18}" text-anchor="middle">${label}</text>`);
      }
      for (const [value, label] of a.yticks) parts.push(`<text x="${left - 7}" y="${this.py(a, this.place(value, panel.y)) + 4.5}" text-anchor="end">${label}</text>`);
      if (panel.ylabel) parts.push(`<text x="0" y="${top - 14}">${panel.ylabel}</text>`);
      if (panel.xlabel) parts.push(`<text x="${(left + right) / 2}" y="${bottom + 38}" text-anchor="middle">${panel.xlabel}</text>`);
      return parts.join("");
    }

    place(value, [low, high, scale]) { return scale === "log" ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low); }
    at(place, [low, high, scale]) { return scale === "log" ? low * (high / low) ** place : low + place * (high - low); }
    px(a, place) { return a.left + place * (a.right - a.left); }
    py(a, place) { return a.top + (1 - place) * a.height; }

    // ---------------------------------------------------------------- marks

    draw() {
      if (!this.axes) return;
      const near = this.nearest;
      this.svg.setAttribute("aria-label", this.data.alts[near]);
      this.curves = [];
      const parts = this.axes.map((a, i) => {
        const clip = `clip-${this.number}-${i}`;
        const shown = a.panel.marks.filter((mark) => !mark.shown || mark.shown[near] === "1");
        const drawn = this.hidden ? [] : shown.map((mark) => this.mark(a, mark, near));
        const notes = this.hidden ? "" : this.labels(a, shown, near);
        return `<clipPath id="${clip}"><rect x="${a.left - 4}" y="${a.top - 4}" width="${a.right - a.left + 8}" height="${a.height + 8}"/></clipPath><g clip-path="url(#${clip})">${drawn.join("")}</g>${notes}`;
      });
      this.svg.querySelector(".marks").innerHTML = parts.join("");
      if (this.cursor != null) this.read(this.cursor, this.pointer);
    }

    points(a, mark, xs, ys) {
      let out = "", pen = false;
      for (let i = 0; i < ys.length; i++) {
        if (Number.isNaN(ys[i]) || Number.isNaN(xs[i])) { pen = false; continue; }
        out += `${pen ? "L" : "M"}${this.px(a, xs[i] / mark.steps).toFixed(1)} ${this.py(a, ys[i] / mark.steps).toFixed(1)}`;
        pen = true;
      }
      return out;
    }

    mark(a, mark, near) {
      const role = mark.role, dash = DASHES[role]?.[mark.variant % 4] || "";
      const stroke = `class="${mark.kind}" style="stroke: var(--${role})${dash ? `; stroke-dasharray: ${dash}` : ""}"`;
      const xs = this.values(mark, "x"), ys = this.values(mark, "y");
      const label = pooled(mark.label, near);
      const curve = (y, name = label) => this.curves.push({ a, mark, xs, ys: y, name: name || role, role });
      if (mark.kind === "line") { curve(ys); return `<path ${stroke} d="${this.points(a, mark, xs, ys)}"/>`; }
      if (mark.kind === "band") {
        const low = this.values(mark, "low"), high = this.values(mark, "high");
        const name = label || (role === "bound" ? "bound" : "band");
        curve(high, `${name}, above`); curve(low, `${name}, below`);
        const back = (list) => Float64Array.from(list).reverse();
        const area = this.points(a, mark, xs, high) + this.points(a, mark, back(xs), back(low)).replace("M", "L") + "Z";
        return `<path class="area" style="fill: var(--${role})" d="${area}"/>` + [low, high].map((edge) => `<path ${stroke} d="${this.points(a, mark, xs, edge)}"/>`).join("");
      }
      if (mark.kind === "paths") {
        const runs = Array.isArray(mark.runs) ? mark.runs[near] : mark.runs, n = ys.length / runs;
        let out = "";
        for (let i = 0; i < runs; i++) { const path = ys.slice(i * n, (i + 1) * n); curve(path, "one run"); out += `<path ${runs > 1 ? stroke : stroke.replace('"paths"', '"paths alone"')} d="${this.points(a, mark, xs, path)}"/>`; }
        return out;
      }
      if (mark.kind === "dots") {
        curve(ys);
        const low = mark.low && this.values(mark, "low"), high = mark.high && this.values(mark, "high");
        let out = "";
        for (let i = 0; i < ys.length; i++) {
          if (Number.isNaN(ys[i])) continue;
          const x = this.px(a, xs[i] / mark.steps).toFixed(1), y = (v) => this.py(a, v / mark.steps).toFixed(1);
          if (low) out += `<line class="error" style="stroke: var(--${role})" x1="${x}" x2="${x}" y1="${y(low[i])}" y2="${y(high[i])}"/>`;
          out += `<circle style="stroke: var(--${role}); fill: ${mark.variant ? "var(--page)" : `var(--${role})`}" cx="${x}" cy="${y(ys[i])}" r="3"/>`;
        }
        return out;
      }
      if (mark.kind === "bars") {
        let out = "";
        for (let i = 0; i < ys.length; i++) {
          const x0 = this.px(a, xs[i] / mark.steps), x1 = this.px(a, xs[i + 1] / mark.steps), y = this.py(a, ys[i] / mark.steps), base = this.py(a, Math.max(0, this.place(0, a.panel.y) || 0));
          out += `<rect class="bar" style="fill: var(--${role})" x="${x0.toFixed(1)}" width="${(x1 - x0).toFixed(1)}" y="${y.toFixed(1)}" height="${Math.max(0, base - y).toFixed(1)}"/>`;
        }
        return out;
      }
      if (mark.kind === "vline") { const x = this.px(a, xs[0] / mark.steps); return `<line class="rule" x1="${x}" x2="${x}" y1="${a.top}" y2="${a.top + a.height}"/>`; }
      if (mark.kind === "hline") { const y = this.py(a, ys[0] / mark.steps); return `<line class="rule" x1="${a.left}" x2="${a.right}" y1="${y}" y2="${y}"/>`; }
      return `<text x="${this.px(a, xs[0] / mark.steps)}" y="${this.py(a, ys[0] / mark.steps)}">${label}</text>`;
    }

    // Labels: at the right end of their curves where there is room, otherwise on the curve, at the emptiest place.
    labels(a, marks, near) {
      const out = [], boxes = [];
      const put = (x, y, text, role, anchor) => {
        const w = this.text(text), left = anchor === "end" ? x - w : anchor === "middle" ? x - w / 2 : x;
        boxes.push([left, y - 12, left + w, y + 4]);
        out.push(`<text class="label${left > a.right ? " beside" : ""}" style="fill: var(--${role === "rule" ? "ink" : role})" x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${text}</text>`);
      };
      const named = (mark) => mark.kind !== "note" && pooled(mark.label, near);
      for (const mark of marks.filter((m) => m.kind === "vline" && named(m))) {
        const x = this.px(a, this.values(mark, "x")[0] / mark.steps), text = pooled(mark.label, near), w = this.text(text);
        const end = x + 5 + w > this.width, left = end ? x - 5 - w : x + 5;
        let y = a.top + 8; // one below the other where two would touch
        while (boxes.some((b) => b[0] < left + w + 8 && b[2] > left - 8 && Math.abs(b[1] + 12 - y) < LINE)) y += LINE;
        put(end ? x - 5 : x + 5, y, text, "rule", end ? "end" : "start");
      }
      const drawn = (m) => this.values(m, "y").filter((y) => !Number.isNaN(y)).length >= { line: 2, dots: 1 }[m.kind];
      const rest = marks.filter((m) => m.kind !== "vline" && named(m) && (!["line", "dots"].includes(m.kind) || drawn(m)));
      const ends = rest.map((mark) => {
        const ys = this.values(mark, "y"), xs = this.values(mark, "x");
        const runs = mark.kind === "paths" ? (Array.isArray(mark.runs) ? mark.runs[near] : mark.runs) : 1, n = ys.length / runs;
        const lasts = [...Array(runs)].map((_, i) => ys[(i + 1) * n - 1]).filter((v) => !Number.isNaN(v)).sort((p, q) => p - q);
        let last = ys.length - 1; // a curve may leave the axes before their end
        while (last > 0 && Number.isNaN(ys[last])) last--;
        const finite = lasts.length ? lasts[lasts.length >> 1] : ys[last];
        const end = (Number.isNaN(finite) ? 0 : finite ?? 0) / mark.steps;
        const full = xs.length ? xs[lasts.length ? xs.length - 1 : last % xs.length] / mark.steps : 1;
        return { mark, text: pooled(mark.label, near), y: this.py(a, end), within: mark.kind !== "bars" && end >= -0.01 && end <= 1.01, full };
      });
      if (this.outside) {
        const there = ends.filter((e) => e.within && e.full > 0.93);
        const placed = spread(there.map((e) => e.y), LINE, a.top, a.top + a.height - 5); // above the name of the last tick
        ends.forEach((e) => { e.left = true; });
        there.forEach((e, i) => {
          if (Math.abs(placed[i] - e.y) < 0.9 * LINE) { put(a.right + 8, placed[i] + 4.5, e.text, e.mark.role, "start"); e.left = false; }
        });
      }
      for (const e of ends) if (!this.outside || e.left) this.inside(a, e, marks, boxes, put);
      return out.join("");
    }

    // Where a curve runs, without gaps wider than a letter.
    dense(a, { mark, xs, ys }) {
      const out = [];
      let from = null;
      for (let i = 0; i < ys.length; i++) {
        const to = [this.px(a, xs[i] / mark.steps), this.py(a, ys[i] / mark.steps)];
        if (Number.isNaN(to[0] + to[1])) { from = null; continue; }
        const parts = from && mark.kind !== "dots" ? Math.min(60, Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1]) / 6)) : 1;
        for (let k = 1; k <= parts; k++) out.push(from ? [0, 1].map((j) => from[j] + (k / parts) * (to[j] - from[j])) : to);
        from = to;
      }
      return out;
    }

    inside(a, { mark, text }, marks, boxes, put) {
      const w = this.text(text), curves = this.curves.filter((c) => c.a === a);
      let own = curves.filter((c) => c.mark === mark), covers = () => false;
      if (mark.kind === "bars") { // at the top of one of the higher bars
        const xs = this.values(mark, "x"), ys = this.values(mark, "y"), high = Math.max(...ys) / 2;
        const tops = [...ys].map((y, i) => [(xs[i] + xs[i + 1]) / 2, y]);
        curves.push({ mark, xs: tops.map((t) => t[0]), ys: tops.map((t) => t[1]) });
        const higher = tops.filter((t) => t[1] >= high);
        own = [{ mark, xs: higher.map((t) => t[0]), ys: higher.map((t) => t[1]) }];
        covers = (box) => tops.some(([x, y]) => {
          const left = this.px(a, x / mark.steps);
          return box[0] < left && left < box[2] && box[3] > this.py(a, y / mark.steps);
        });
      }
      if (mark.kind === "hline") {
        const y = this.values(mark, "y")[0];
        own = [{ mark, xs: [...Array(25)].map((_, i) => (i / 24) * mark.steps), ys: Array(25).fill(y) }];
      }
      if (!own.length) { put(a.right - 4, this.py(a, (this.values(mark, "y")[0] ?? 0) / mark.steps) - 5, text, mark.role, "end"); return; }
      const paths = (c) => c.mark.kind === "paths", other = curves.filter((c) => c.mark !== mark);
      const [near, far, alike, runs] = [[...own, ...curves.filter((c) => c.mark === mark)], other.filter((c) => !paths(c)), other.filter((c) => !paths(c) && c.role === mark.role), other.filter(paths)].map((some) => some.flatMap((c) => this.dense(a, c)));
      const rules = marks.filter((m) => m.kind === "vline").map((m) => this.px(a, this.values(m, "x")[0] / m.steps));
      for (const x of rules) for (let y = a.top; y <= a.top + a.height; y += 6) runs.push([x, y]);
      const levels = marks.filter((m) => m.kind === "hline" && m !== mark).map((m) => this.py(a, this.values(m, "y")[0] / m.steps));
      for (const y of levels) for (let x = a.left; x <= a.right; x += 6) runs.push([x, y]);
      const gap = (box, points) => points.reduce((least, [x, y]) => Math.min(least, Math.hypot(Math.max(box[0] - x, 0, x - box[2]), Math.max(box[1] - y, 0, y - box[3]))), 40);
      let best = null;
      const tried = (points, places, clear = false) => points.forEach(([x, y], step) => {
        if (Number.isNaN(x + y)) return;
        // where curves of one colour run together, a name is no name; where others do, it is less than one
        const crowd = gap([x, y, x, y], alike) < 8 ? 20 : gap([x, y, x, y], far) < 8 ? 6 : 0;
        for (const [dx, dy, anchor] of places) {
          const left = x + dx - (anchor === "middle" ? w / 2 : anchor === "end" ? w : 0), box = [left, y + dy - 12, left + w, y + dy + 4];
          if (box[0] < a.left + 2 || box[2] > this.width - 2 || box[1] < a.top - 4 || box[3] > a.top + a.height - 2) continue;
          if (boxes.some((b) => b[0] < box[2] + 6 && b[2] > box[0] - 6 && b[1] < box[3] + 2 && b[3] > box[1] - 2)) continue;
          if (covers(box)) continue;
          // worst: over another curve; then: nearer to another than to its own; then: over its own, over single runs
          const mine = gap(box, near), others = gap(box, far);
          const over = others < 2 || mine < 2, wrong = mine >= gap(box, alike) || mine > others + 2;
          if (clear && (over || wrong)) continue;
          const score = Math.min(others, 14) - (others < 2 ? 30 : 0) - crowd - Math.max(0, Math.min(mine + 6 - others, 8)) - (mine < 2 ? 10 : 0) + Math.min(gap(box, runs), 12) / 4 + (anchor === "middle" ? 0 : 0.5) + (24 * step) / points.length / 50;
          if (!best || score > best.score) best = { poor: over || wrong || crowd > 8, score, x: x + dx, y: y + dy, anchor };
        }
      });
      const [curve] = own, at = (i) => [this.px(a, curve.xs[i] / mark.steps), this.py(a, curve.ys[i] / mark.steps)];
      tried([...Array(25)].map((_, step) => at(Math.round((step / 24) * (curve.ys.length - 1)))), NEAR);
      // where every place is over a curve or at another: between the points of its own, and farther from it
      if (mark.kind !== "bars" && (!best || best.poor)) tried(this.dense(a, curve), [...NEAR, ...FARTHER], true);
      if (best) put(best.x, best.y, text, mark.role, best.anchor);
    }

    // ---------------------------------------------------------------- reading values off

    // Values of the curves at the fraction `place` of the x axis; returns a sentence, marks the nearest to `pointer`.
    read(place, pointer) {
      this.cursor = place;
      this.pointer = pointer;
      const group = this.svg.querySelector(".reading");
      if (this.hidden) { group.innerHTML = ""; return ""; }
      const rows = [];
      for (const curve of this.curves) {
        const { a, mark, xs, ys } = curve, target = place * mark.steps;
        let y = NaN, x = target;
        for (let i = 0; i < ys.length; i++) {
          if (mark.kind === "dots") { if (Number.isNaN(y) || Math.abs(xs[i] - target) < Math.abs(x - target)) { x = xs[i]; y = ys[i]; } continue; }
          if (i + 1 < ys.length && xs[i] <= target && target <= xs[i + 1] && xs[i + 1] > xs[i]) { const t = (target - xs[i]) / (xs[i + 1] - xs[i]); y = ys[i] * (1 - t) + ys[i + 1] * t; }
        }
        if (Number.isNaN(y) || y < -1 || y > mark.steps + 1) continue;
        rows.push({ ...curve, x: this.px(a, x / mark.steps), y: this.py(a, y / mark.steps), value: number(this.at(y / mark.steps, a.panel.y)) });
      }
      const a = this.axes[0], at = number(this.at(place, a.panel.x)), x = this.px(a, place);
      const shown = pointer == null || !rows.length ? [] : [rows.reduce((p, q) => (Math.hypot(p.y - pointer[1], p.x - pointer[0]) <= Math.hypot(q.y - pointer[1], q.x - pointer[0]) ? p : q))];
      group.innerHTML = `<line class="rule" x1="${x}" x2="${x}" y1="${a.top}" y2="${this.axes[this.axes.length - 1].top + a.height}"/>` + shown.map((r) => {
        const end = r.x > (a.left + a.right) / 2;
        return `<circle cx="${r.x}" cy="${r.y}" r="4.5" style="fill: var(--${r.role})"/><text class="value" x="${r.x + (end ? -9 : 9)}" y="${Math.max(r.y - 9, 14)}" text-anchor="${end ? "end" : "start"}">${r.name}: ${r.value}</text>`;
      }).join("");
      const plain = (text) => text.replace(/<[^>]*>|\u200b/g, "");
      const runs = rows.filter((r) => r.mark.kind === "paths"), others = rows.filter((r) => r.mark.kind !== "paths");
      return [`At ${at}`, [...others.map((r) => `${plain(r.name)}: ${r.value}`), ...(runs.length ? [`${runs.length} runs`] : [])].join("; ")].filter(Boolean).join(", ");
    }
    leave() { this.cursor = null; this.svg.querySelector(".reading").innerHTML = ""; }

    // The place of a pointer on the axes: fraction of the x axis, of the y axis, pixels, and the panel.
    locate(event) {
      const box = this.svg.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
      const a = this.axes.find((q) => y < q.top + q.height + MARGIN.gap / 2) || this.axes[this.axes.length - 1];
      return { x: (x - a.left) / (a.right - a.left), y: 1 - (y - a.top) / a.height, pixels: [x, y], a };
    }

    // ---------------------------------------------------------------- the reader's own guess on the axes

    guess(content) { this.svg.querySelector(".guessed").innerHTML = content; }
  }

  // Heights moved apart to at least `gap`, in their order, inside the limits.
  function spread(heights, gap, top, bottom) {
    const order = heights.map((_, i) => i).sort((i, j) => heights[i] - heights[j]), placed = [...heights];
    order.forEach((i, rank) => { if (rank) placed[i] = Math.max(placed[i], placed[order[rank - 1]] + gap); });
    let limit = bottom;
    [...order].reverse().forEach((i) => { placed[i] = Math.min(placed[i], limit); limit = placed[i] - gap; });
    limit = top - 6;
    order.forEach((i) => { placed[i] = Math.max(placed[i], limit); limit = placed[i] + gap; });
    return placed;
  }

  window.Plot = Object.assign(Plot, { decode, number, escape });
})();
