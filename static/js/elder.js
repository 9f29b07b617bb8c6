// Larger text, remembered on this device. A classic script in <head>, so that the page is never drawn small first.
(() => {
  const key = "pointsbank.elder";
  const root = document.documentElement;

  function remembered() {
    try {
      return localStorage.getItem(key) === "1";
    } catch {
      return false; // storage is switched off: small text, and the button still works for this page
    }
  }

  function show(large) {
    root.classList.toggle("elder", large);
    for (const button of document.querySelectorAll("[data-elder-toggle]")) {
      button.hidden = false;
      button.setAttribute("aria-pressed", String(large));
    }
  }

  show(remembered());
  document.addEventListener("DOMContentLoaded", () => {
    show(root.classList.contains("elder"));
    for (const button of document.querySelectorAll("[data-elder-toggle]")) {
      button.addEventListener("click", () => {
        const large = !root.classList.contains("elder");
        try {
          localStorage.setItem(key, large ? "1" : "0");
        } catch {
          // not remembered, but shown
        }
        show(large);
      });
    }
  });
})();
