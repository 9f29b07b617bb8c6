// How far this device's clock is from the server's: measured, kept, and sent with every scan.

const KEPT = 8;

export function newOffset(before = null) {
  let samples = [];
  let last = before;

  return {
    get ms() {
      return last;
    },
    // The answer was written somewhere between asking and hearing: the quickest of the last answers errs least.
    note(serverNow, askedAt, heardAt) {
      const sample = { took: heardAt - askedAt, offset: Date.parse(serverNow) - (askedAt + heardAt) / 2 };
      if (samples.length && Math.abs(sample.offset - last) > 2000 + sample.took) samples = []; // somebody set the clock
      samples = [...samples, sample].slice(-KEPT);
      last = Math.round(samples.reduce((best, one) => (one.took < best.took ? one : best)).offset);
      return last;
    },
  };
}
