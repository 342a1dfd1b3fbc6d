// The built page's experiments: every frame is embedded; a slider chooses one. No dependency, no network.
(() => {
  "use strict";

  function start(player) {
    const { frames, labels, verdicts } = JSON.parse(player.querySelector("script").textContent);
    const view = player.querySelector(".picture");
    const sliders = [...player.querySelectorAll("input")];
    const outputs = [...player.querySelectorAll("output")];

    function show() {
      let index = 0;
      sliders.forEach((slider, axis) => {
        const label = labels[axis][slider.value];
        index = index * labels[axis].length + Number(slider.value);
        outputs[axis].textContent = label;
        slider.setAttribute("aria-valuetext", label);
      });
      view.innerHTML = frames[index];
    }
    sliders.forEach((slider) => slider.addEventListener("input", show));

    const play = player.querySelector(".play");
    let timer = null;
    play.addEventListener("click", () => {
      const first = sliders[0];
      clearInterval(timer);
      timer = timer ? null : setInterval(() => {
        first.value = (Number(first.value) + 1) % labels[0].length;
        show();
      }, 700);
      play.setAttribute("aria-pressed", String(timer !== null));
      play.textContent = timer ? "Pause" : "Play";
    });

    if (verdicts) {
      const stage = player.querySelector(".stage");
      const options = [...player.querySelectorAll(".options button")];
      const verdict = player.querySelector(".verdict");
      options.forEach((option, choice) => option.addEventListener("click", () => {
        options.forEach((other) => other.setAttribute("aria-pressed", String(other === option)));
        verdict.textContent = verdicts[choice];
        stage.classList.add("uncovered");
      }));
    }
    player.classList.add("ready");
    show();
  }

  // A formula wider than the phone scrolls in its own box; the keyboard must reach it.
  function reach() {
    document.querySelectorAll('mjx-container[display="true"]').forEach((box) => {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    });
  }
  window.addEventListener("resize", reach);
  window.addEventListener("load", () => window.MathJax?.startup?.promise?.then(reach));

  const startAll = () => document.querySelectorAll(".player").forEach(start);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", startAll);
  else startAll();
})();
