// Quick questions: one at a time, checked here, each wrong answer with its hint. What was answered is kept in this
// browser, page by page, where it lets us. The texts come encoded: bookbuild/quiz.py says what that is worth.
(() => {
  "use strict";
  const UNREADABLE = "Please type a number, such as 0.25, 2.5e-3 or 1/4.";
  const DONE = ["right", "shown"];
  const tag = (name, options = {}, ...children) => {
    const element = Object.assign(document.createElement(name), options);
    element.append(...children);
    return element;
  };
  const open = (code) => JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(code), (c) => c.charCodeAt(0))));

  // ---------------------------------------------------------------- numbers

  // What a typed number may mean: a comma is a decimal one, or parts thousands; a fraction is a quotient.
  function readings(text) {
    const plain = text.trim().replace(/[\s\u00a0\u2009\u202f_]/g, "").replace(/[\u2212\u2013]/g, "-");
    const [, body, percent] = plain.match(/^(.*?)(%?)$/);
    const scale = percent ? 0.01 : 1, parts = body.split("/");
    if (parts.length > 2) return [];
    const [above, below] = parts.map(one);
    return above.flatMap((a) => (below ?? [1]).map((b) => (a / b) * scale)).filter(Number.isFinite);
  }
  function one(text) {
    const written = text.replace(/(?:\*|x|\u00d7|\u00b7)10(?:\^|\*\*)?\(?([+-]?\d+)\)?$/i, "e$1");
    const forms = [written.replace(",", ".")];
    if (/^[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?$/.test(written)) forms.push(written.replaceAll(",", ""));
    return forms.filter((form) => /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(form)).map(Number);
  }

  // ---------------------------------------------------------------- kinds of questions
  // Each kind makes its controls in the fieldset and says: what is given, whether it is right, which hint it asks for,
  // and how the right answer is shown.

  const within = (value, [low, high]) => value >= (low ?? -Infinity) && value <= (high ?? Infinity);
  const KINDS = {
    number(set, data) {
      const input = tag("input", { type: "text", inputMode: "decimal", autocomplete: "off", spellcheck: false });
      set.append(tag("label", { className: "quick-number" }, "Your answer ", input));
      const some = (interval) => readings(input.value).some((value) => within(value, interval));
      return {
        first: input,
        given: () => input.value,
        put: (value) => { input.value = value; },
        missing: () => !readings(input.value).length && UNREADABLE,
        right: () => some(data.right),
        hint: () => data.hints.findIndex(some),
        show: () => data.texts.answer,
      };
    },
    choice(set, data, name) {
      const inputs = [...set.querySelectorAll(".quick-options > li")].map((item, place) => {
        const input = tag("input", { type: "radio", name, value: place });
        item.replaceChildren(tag("label", {}, input, ...item.childNodes));
        return input;
      });
      const chosen = () => inputs.findIndex((input) => input.checked);
      return {
        first: inputs[0],
        given: chosen,
        put: (value) => { if (inputs[value]) inputs[value].checked = true; },
        missing: () => chosen() < 0 && "Please choose an answer.",
        right: () => chosen() === data.right,
        hint: () => data.hints.indexOf(chosen()),
        show: () => { inputs[data.right].checked = true; return data.texts.answer; },
      };
    },
    order(set, data, name) {
      const list = set.querySelector(".quick-options"), items = [...list.children];
      const said = tag("p", { className: "quick-moved", ariaLive: "polite" });
      set.append(said);
      const now = () => [...list.children].map((item) => items.indexOf(item));
      // the neighbour moves, so that the button keeps the focus
      function move(item, up) {
        const other = up ? item.previousElementSibling : item.nextElementSibling;
        if (!other) return;
        if (up) item.after(other);
        else item.before(other);
        said.textContent = `Now number ${[...list.children].indexOf(item) + 1} of ${items.length}.`;
        ends();
      }
      function ends() {
        [...list.children].forEach((item, place) => {
          const [up, down] = item.querySelectorAll("button");
          up.ariaDisabled = String(place === 0);
          down.ariaDisabled = String(place === items.length - 1);
        });
      }
      items.forEach((item, place) => {
        item.value = place + 1;
        const text = item.firstElementChild;
        text.id = `${name}-item-${place}`;
        const buttons = ["up", "down"].map((way) => {
          const button = tag("button", { type: "button", id: `${name}-${way}-${place}`, ariaLabel: `Move ${way}:` }, way === "up" ? "\u25b2" : "\u25bc");
          button.setAttribute("aria-labelledby", `${button.id} ${text.id}`);
          button.addEventListener("click", () => move(item, way === "up"));
          return button;
        });
        item.append(tag("span", { className: "quick-moves" }, ...buttons));
      });
      ends();
      const arrange = (order) => { list.append(...order.map((place) => items[place])); ends(); };
      return {
        first: items[0].querySelector("[aria-disabled=false]"),
        given: now,
        put: (order) => { if ([...order].sort().join() === [...now()].sort().join()) arrange(order); },
        missing: () => "",
        right: () => now().join() === data.right.join(),
        hint: () => { const order = now(); return data.hints.findIndex(([a, b]) => order.indexOf(a) < order.indexOf(b)); },
        show: () => { arrange(data.right); return "the list now shows it"; },
      };
    },
  };

  // ---------------------------------------------------------------- a page

  function start(root) {
    const key = `book-quick:${root.dataset.page}`;
    const sets = [...root.querySelectorAll(".quick-question")];
    let kept = {};
    try { kept = JSON.parse(localStorage.getItem(key)) ?? {}; } catch { /* a page from a folder may not remember */ }
    const keep = (name, value) => {
      kept[name] = value;
      try { localStorage.setItem(key, JSON.stringify(kept)); } catch { /* nor this one */ }
    };
    const questions = sets.map((set, number) => ask(set, number));
    const places = tag("p", { className: "quick-places" }, ...questions.map((question) => question.place));
    root.querySelector(".quick-title").after(places);
    questions.forEach((question, number) => question.place.addEventListener("click", () => turn(number)));
    turn(Math.max(0, questions.findIndex((question) => !DONE.includes(question.state))));
    root.classList.add("ready");

    function turn(number) {
      questions.forEach((question, other) => {
        question.set.hidden = other !== number;
        question.place.setAttribute("aria-current", String(other === number));
      });
    }

    function ask(set, number) {
      const data = open(set.querySelector("script").textContent), name = `quick-${number + 1}`, last = number === sets.length - 1;
      const kind = KINDS[data.kind](set, data, name), said = tag("p", { className: "quick-said", role: "status", ariaLive: "polite" });
      const button = (text, action) => {
        const made = tag("button", { type: "button" }, text);
        made.addEventListener("click", action);
        return made;
      };
      const check = button("Check", () => judge()), show = button("Show me", () => settle("shown")), next = button("Next question", () => {
        turn(number + 1);
        questions[number + 1].first.focus();
      });
      const place = button(String(number + 1), () => {});
      set.append(tag("p", { className: "quick-buttons" }, check, show, next), said);
      set.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" || event.target.localName !== "input") return;
        event.preventDefault();
        judge();
      });
      const question = { set, place, first: kind.first, state: "", data };

      function judge() {
        const missing = kind.missing();
        if (missing) say("", missing);
        else settle(kind.right() ? "right" : "wrong");
      }
      function settle(state, again = false) {
        if (state === "right") say(state, `<b>Right.</b> ${data.texts.why}`);
        else if (state === "shown") say(state, `<b>Answer:</b> ${kind.show()}. ${data.texts.why}`);
        else if (state === "wrong") say(state, `<b>Not yet.</b> ${data.texts[`hint-${kind.hint()}`] ?? data.texts.otherwise}`);
        question.state = state;
        show.hidden = state !== "wrong";
        next.hidden = last || !DONE.includes(state);
        place.dataset.state = state;
        const how = { right: ", answered", shown: ", answer shown", wrong: ", not yet answered" }[state] ?? "";
        place.ariaLabel = `Question ${number + 1} of ${sets.length}${how}`;
        if (state && !again) keep(set.dataset.key, [state, kind.given()]);
        if (state === "shown" && !again) check.focus();
      }
      function say(state, html) {
        said.dataset.state = state;
        said.innerHTML = html;
      }
      const [state, given] = kept[set.dataset.key] ?? [""];
      if (given !== undefined) kind.put(given);
      settle(state, true);
      return question;
    }

    // On paper all questions stand one below the other, and their answers after them.
    const paper = tag("ol", { className: "quick-paper" });
    const print = (printing) => {
      paper.innerHTML = printing ? questions.map(({ data }) => `<li>${data.letters || data.texts.answer}. ${data.texts.why}</li>`).join("") : "";
      if (printing) root.append(paper);
      else paper.remove();
    };
    addEventListener("beforeprint", () => print(true));
    addEventListener("afterprint", () => print(false));
    const medium = matchMedia("print");
    medium.addEventListener("change", () => print(medium.matches));
    if (medium.matches) print(true);
  }

  const startAll = () => document.querySelectorAll(".quick").forEach(start);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", startAll);
  else startAll();
})();
