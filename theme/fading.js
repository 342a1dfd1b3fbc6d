// A text that loses its words (collapse_lib/figures/fading.py): generation by slider or by play; a word, under the
// pointer or by a second slider, tells with which exact probability it is still known.
(() => {
  "use strict";
  function start(root) {
    const { words, counts, lost, generations, rates } = JSON.parse(root.querySelector("script").textContent);
    const [time, word] = root.querySelectorAll("input"), [year, name] = root.querySelectorAll("output");
    const play = root.querySelector(".play"), values = root.querySelector(".values");
    const spots = [...root.querySelectorAll("[data-word]")];
    let chosen = -1, ticking = 0;

    const known = (i) => (rates[time.value] === null ? 1 : -Math.expm1(-counts[i] * rates[time.value]));
    const percent = (p) => (p >= 0.9995 ? "more than 99.9 %" : p < 0.0005 ? "less than 0.1 %" : `${(100 * p).toFixed(1)} %`);
    const written = (number) => number.toLocaleString("en");
    const times = (count) => (count === 1 ? "once" : `${written(count)} times`);
    const pair = (label, text) => `<span>${label} <b>${text}</b></span>`;

    function show() {
      const k = generations[time.value];
      const gone = lost.map((at) => at > 0 && at <= k);
      spots.forEach((spot) => {
        spot.classList.toggle("gone", gone[spot.dataset.word]);
        spot.classList.toggle("chosen", Number(spot.dataset.word) === chosen);
      });
      year.textContent = written(k);
      time.setAttribute("aria-valuetext", `generation ${written(k)}`);
      const expected = words.reduce((sum, _, i) => sum + 1 - known(i), 0);
      let text = pair("words lost", `${gone.filter(Boolean).length} of ${words.length}`) + pair("expected", expected.toFixed(1));
      if (chosen >= 0) {
        const odds = k ? percent(known(chosen)) : "100 %";
        text += pair(`“${words[chosen]}” occurs`, times(counts[chosen])) + pair("still known with probability", odds);
        name.textContent = words[chosen];
        word.setAttribute("aria-valuetext", `${words[chosen]}: occurs ${times(counts[chosen])}, still known with probability ${odds}`);
      }
      values.innerHTML = text;
    }
    function choose(i) { chosen = i; if (i >= 0) word.value = i; show(); }
    function stop() {
      clearInterval(ticking);
      ticking = 0;
      play.textContent = "Play";
      play.setAttribute("aria-pressed", "false");
    }

    time.addEventListener("input", () => { stop(); show(); });
    word.addEventListener("input", () => choose(Number(word.value)));
    root.querySelector(".words").addEventListener("pointerover", (event) => {
      const spot = event.target.closest("[data-word]");
      if (spot) choose(Number(spot.dataset.word));
    });
    play.addEventListener("click", () => {
      if (ticking) return stop();
      if (time.value === time.max) time.value = 0;
      play.textContent = "Stop";
      play.setAttribute("aria-pressed", "true");
      ticking = setInterval(() => {
        time.value = Number(time.value) + 1;
        show();
        if (time.value === time.max) stop();
      }, 220);
      show();
    });
    name.textContent = words[0];
    show();
  }
  const all = () => document.querySelectorAll(".fading").forEach(start);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", all);
  else all();
})();
