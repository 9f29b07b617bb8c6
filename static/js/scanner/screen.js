// The answer to a scan fills the screen: one of the page's <template data-tone>, filled, and its sound.

import { play } from "../sounds.js";

const PLACES = {
  headline: ".result-headline", name: ".result-name", since: ".result-figure .digits", label: ".result-figure-label",
  detail: ".result-detail", now: ".result-now span",
};

export function newScreen(place) {
  function fill(answer) {
    const template = document.querySelector(`template[data-tone="${answer.look ?? answer.tone}"]`);
    const drawn = template.content.firstElementChild.cloneNode(true);
    for (const [name, selector] of Object.entries(PLACES)) {
      const found = drawn.querySelector(selector); // the label goes with its figure
      if (!found) continue;
      if (answer[name]) found.textContent = answer[name];
      else (name === "label" ? found : found.closest("p") ?? found).remove();
    }
    drawn.querySelector(".result-actions").append(...(answer.actions ?? []).map(button));
    return drawn;
  }

  function button({ label, primary, run }) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = `button ${primary ? "primary" : "secondary"}`;
    made.textContent = label;
    made.dataset.choose = "";
    made.addEventListener("click", run);
    return made;
  }

  return {
    get open() {
      return !place.hidden;
    },
    show(answer) {
      const before = place.firstElementChild;
      const drawn = fill(answer);
      if (before && !place.hidden && !answer.quiet) drawn.classList.add("again"); // a second result visibly bounces
      place.replaceChildren(drawn);
      place.hidden = false;
      if (!answer.quiet) play(answer.tone);
    },
    bounce() {
      const shown = place.firstElementChild;
      if (place.hidden || !shown) return;
      shown.classList.remove("again");
      requestAnimationFrame(() => shown.classList.add("again"));
    },
    close() {
      place.hidden = true;
      place.replaceChildren();
    },
  };
}
