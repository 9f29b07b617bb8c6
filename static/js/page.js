// What every page needs: htmx's CSRF header, a word when the network fails, no second press, menus that close.

const token = document.querySelector('meta[name="csrf-token"]')?.content;

document.addEventListener("htmx:configRequest", (event) => {
  if (token) event.detail.headers["X-CSRFToken"] = token;
});

// An answer that never came is said aloud; the next one that comes takes it back.
const offline = document.getElementById("offline");
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, () => {
    if (offline) offline.hidden = false;
  });
}
document.addEventListener("htmx:afterRequest", (event) => {
  if (offline && event.detail.xhr?.status) offline.hidden = true;
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  const question = form.dataset.confirm;
  if (question && !window.confirm(question)) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  if (form.method !== "post" || event.defaultPrevented) return;
  const pressed = event.submitter ?? form.querySelector('[type="submit"]');
  if (!pressed || form.matches("[hx-post], [data-hx-post]")) return;
  // After the browser has read the form: a disabled button would not be sent.
  setTimeout(() => {
    pressed.disabled = true;
    setTimeout(() => {
      pressed.disabled = false; // a download leaves the page standing
    }, 5000);
  });
}, true);

window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const button of document.querySelectorAll("button:disabled[type=submit]")) button.disabled = false;
});

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  const printing = event.target.closest?.("[data-print]");
  if (printing) window.print();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary")?.focus();
  }
});
