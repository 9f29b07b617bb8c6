// Whether to ask the server at all: decided from the last five answers, never by a person at the door.

const SEEN = 5;
const ERRORS = 2;
const SLOW_MS = 3000;
const CLEAN = 2; // answers in a row, quick ones, before it counts as back

export function newLine(changed) {
  let answers = [];
  let online = true;

  function become(wanted) {
    if (online === wanted) return;
    online = wanted;
    answers = [];
    changed(online);
  }

  return {
    get online() {
      return online;
    },
    note(answered, tookMs = 0) {
      answers = [...answers, { answered, tookMs }].slice(-SEEN);
      const errors = answers.filter((one) => !one.answered).length;
      const times = answers.filter((one) => one.answered).map((one) => one.tookMs);
      const mean = times.reduce((sum, time) => sum + time, 0) / (times.length || 1);
      const lately = answers.slice(-CLEAN);
      if (online) {
        if (errors >= ERRORS || (times.length > 1 && mean > SLOW_MS)) become(false);
      } else if (lately.length === CLEAN && lately.every((one) => one.answered && one.tookMs < SLOW_MS)) {
        become(true);
      }
    },
    cut() {
      become(false); // the browser itself says that there is no network
    },
  };
}
