// Four sounds, one for each kind of answer, made on the spot. They follow the server's answer, never go before it.

const MELODIES = {
  green: [[880, 0, 0.09], [1318, 0.1, 0.16]], // up: done
  amber: [[660, 0, 0.1], [660, 0.16, 0.1]], // twice the same: already done
  red: [[220, 0, 0.32]], // low and long: no
  grey: [[440, 0, 0.14], [330, 0.16, 0.2]], // down: nothing was done, look
};

let audio;

// Browsers let a page sound only after somebody has touched it.
for (const name of ["pointerdown", "keydown"]) {
  document.addEventListener(name, () => {
    audio ??= new AudioContext();
    if (audio.state === "suspended") audio.resume();
  });
}

export function play(tone) {
  const melody = MELODIES[tone];
  if (!melody || audio?.state !== "running") return;
  for (const [frequency, start, length] of melody) {
    const at = audio.currentTime + start;
    const voice = audio.createOscillator();
    const loudness = audio.createGain();
    voice.type = tone === "red" ? "square" : "sine";
    voice.frequency.value = frequency;
    loudness.gain.setValueAtTime(0, at);
    loudness.gain.linearRampToValueAtTime(tone === "red" ? 0.12 : 0.3, at + 0.012);
    loudness.gain.exponentialRampToValueAtTime(0.001, at + length);
    voice.connect(loudness).connect(audio.destination);
    voice.start(at);
    voice.stop(at + length);
  }
}

document.addEventListener("htmx:afterSwap", (event) => {
  const swapped = event.detail.target;
  const answer = swapped?.matches?.("[data-result]") ? swapped : swapped?.querySelector?.("[data-result]");
  if (answer) play(answer.dataset.result);
  else if (event.detail.failed || event.detail.xhr?.status >= 400) play("red");
});

document.addEventListener("htmx:sendError", () => play("grey"));
