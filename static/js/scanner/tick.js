// The panel for ticking people off the list: a PIN to make it, the PIN to open it, a box to find a name.

import { keepNames, PIN, unlock } from "./names.js";
import { say } from "./words.js";

const MOST = 30;
const $ = (name) => document.querySelector(`[data-part="${name}"]`);

export function newTickList({ store, door, ticked }) {
  let people = [];

  function list() {
    const sought = $("tick-search").value.trim();
    const found = people.filter((one) => !sought || one.name.includes(sought) || one.phone_tail.startsWith(sought));
    $("tick-list").replaceChildren(...found.slice(0, MOST).map((person) => {
      const line = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button secondary";
      button.textContent = person.phone_tail ? `${person.name} · ${person.phone_tail}` : person.name;
      button.addEventListener("click", () => ticked(person));
      line.append(button);
      return line;
    }));
    $("tick-more").hidden = found.length <= MOST;
  }

  async function show() {
    const made = Boolean(await store.kept("names"));
    $("tick-make").hidden = made;
    $("tick-open").hidden = !made || people.length > 0;
    $("tick-people").hidden = people.length === 0;
  }

  function tell(text) {
    $("tick-told").textContent = text;
    $("tick-told").hidden = !text;
  }

  async function make(pin) {
    tell("");
    try {
      await keepNames(store, await door.names(pin));
    } catch {
      tell(say("names_need_network"));
      return;
    }
    await open(pin);
  }

  // With a network, who signed up since is on the list when it is opened next.
  async function refresh(pin) {
    const sealed = await door.names(pin).catch(() => null);
    if (sealed && people.length) await keepNames(store, sealed);
  }

  async function open(pin) {
    tell("");
    const answer = await unlock(store, pin);
    if (!answer.people) {
      tell(answer.left ? say("pin_wrong", { count: answer.left }) : say("names_destroyed"));
      return;
    }
    people = answer.people;
    list();
    refresh(pin);
  }

  for (const [part, verb] of [["tick-make", make], ["tick-open", open]]) {
    $(part).addEventListener("submit", async (event) => {
      event.preventDefault();
      const field = event.target.querySelector("input");
      const pin = field.value;
      field.value = "";
      if (!PIN.test(pin)) return tell(say("pin_shape"));
      await verb(pin);
      return show();
    });
  }
  $("tick-search").addEventListener("input", list);
  $("tick-lock").addEventListener("click", () => {
    people = [];
    $("tick-search").value = "";
    $("tick-list").replaceChildren();
    show();
  });

  return {
    show,
    async forget() {
      people = [];
      await store.forget("names");
      await show();
    },
  };
}
