// Sends form[data-auto-submit] once when a person really sees the page: the check-in behind a scanned poster.
// The form's own button stays for browsers without script; the claim in it is the key, so a repeat is harmless.

function send() {
  const form = document.querySelector("form[data-auto-submit]");
  if (!form || form.dataset.sent) return;
  form.dataset.sent = "1";
  if (form.requestSubmit) form.requestSubmit();
  else form.submit();
}

if (document.prerendering) document.addEventListener("prerenderingchange", send, { once: true });
else send();
