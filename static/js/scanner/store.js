// One event's IndexedDB on this device: scans that wait, scans that were refused, and what is kept besides.

const STORES = ["waiting", "refused", "kept"];

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function finished(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
}

export async function openStore(eventId) {
  const request = indexedDB.open(`pointsbank-scanner-${eventId}`, 1);
  request.onupgradeneeded = () => {
    for (const name of STORES) request.result.createObjectStore(name, name === "kept" ? undefined : { keyPath: "id" });
  };
  const database = await done(request);

  // `change(stores)` in one transaction that is on the disk when this resolves.
  async function write(names, change) {
    const transaction = database.transaction(names, "readwrite", { durability: "strict" });
    change(Object.fromEntries(names.map((name) => [name, transaction.objectStore(name)])));
    await finished(transaction);
  }

  const read = (name) => database.transaction(name).objectStore(name);

  return {
    write,
    all: (name) => done(read(name).getAll()),
    count: (name) => done(read(name).count()),
    kept: (key) => done(read("kept").get(key)),
    keep: (key, value) => write(["kept"], ({ kept }) => kept.put(value, key)),
    forget: (...keys) => write(["kept"], ({ kept }) => keys.forEach((key) => kept.delete(key))),
  };
}
