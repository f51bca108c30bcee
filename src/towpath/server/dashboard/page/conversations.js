// The conversations, the newest first: one row each, which opens to show its earlier exchanges.

import { cut, keep, make, rowGroup, rowOf, tableOf } from "./dom.js";
import { EXCHANGE_COLUMNS, figures, note, notes, runs } from "./exchange.js";
import { count, modelOf, plural } from "./words.js";

const AT_A_TIME = 25;
const opened = new Set();
let shown = AT_A_TIME;

/** Exchanges, the newest first, as conversations, likewise: {number, exchanges, process}; it may have no process. */
export function conversations(exchanges, processes) {
  const groups = new Map();
  for (const one of exchanges) {
    if (!groups.has(one.conversation)) groups.set(one.conversation, []);
    groups.get(one.conversation).push(one);
  }
  return [...groups].map(([number, own]) => {
    const { session, state } = processes.find((one) => one.conversation === number) ?? {};
    return { number, exchanges: own, process: session === undefined ? null : { session, state } };
  });
}

/** Shows them in a place, a few at a time. */
export function showConversations(place, all) {
  if (!place.firstElementChild) {
    place.append(tableOf("Conversations, the newest first", COLUMNS));
    place.append(make("p", { class: "line more" }, make("span", { class: "hint" }), make("button", { type: "button" })));
  }
  const [table, more] = place.children;
  const [hint, button] = more.children;
  keep(table, all.slice(0, shown), (one) => one.number, rows);
  more.hidden = all.length <= shown;
  hint.textContent = `${count(Math.min(shown, all.length))} of ${plural(all.length, "conversation")}`;
  button.textContent = `Show ${count(Math.min(AT_A_TIME, all.length - shown))} more`;
  button.onclick = () => {
    const first = all[shown];
    shown += AT_A_TIME;
    showConversations(place, all);
    document.getElementById(idOf(first.number)).focus();
  };
}

/** Lets this one be among those that are shown. */
export function reveal(place, all, number) {
  const index = all.findIndex((one) => one.number === number);
  while (index >= shown) shown += AT_A_TIME;
  showConversations(place, all);
}

const idOf = (number) => `conversation-${number}`;

const NUMBER = { title: "No.", kind: "no", cell: ({ number }) => toggle(number) };
const MODEL = { title: "Model", kind: "model", cell: ({ exchange }) => cut(modelOf(exchange), "code") };
const MESSAGES = { title: "Messages", kind: "number roomiest", cell: ({ exchange }) => count(exchange.messages) };
const PROCESS = { title: "Process", kind: "process", cell: ({ process }) => process && link(process) };
const EARLIER = { ...NUMBER, cell: () => make("span", { class: "unseen" }, "Earlier") };

const COLUMNS = [NUMBER, MODEL, MESSAGES, ...EXCHANGE_COLUMNS, PROCESS];
const EARLIER_COLUMNS = [EARLIER, { ...MODEL, cell: () => "" }, MESSAGES, ...EXCHANGE_COLUMNS, { ...PROCESS, cell: () => "" }];

function link({ session, state }) {
  return make("a", { href: `#process-${session}`, "aria-label": `Process ${session}, ${state}` }, String(session));
}

function toggle(number) {
  const isOpen = opened.has(number);
  const name = `Conversation ${number}`;
  const button = make("button", { type: "button", class: "toggle", "aria-expanded": isOpen, "aria-label": name }, `${number}`);
  button.addEventListener("click", () => {
    if (!opened.delete(number)) opened.add(number);
    button.setAttribute("aria-expanded", opened.has(number));
    document.getElementById(idOf(number)).classList.toggle("open");
  });
  return button;
}

function rows({ number, exchanges, process }) {
  const [newest, ...earlier] = exchanges;
  const classes = [opened.has(number) && "open", runs(newest) && "runs"].filter(Boolean).join(" ");
  const isParked = process?.state === "parked";
  return rowGroup(
    { id: idOf(number), class: classes, tabindex: -1, "aria-label": `Conversation ${number}` },
    rowOf(COLUMNS, { number, exchange: newest, process, isParked }),
    below(notes(newest)),
    below([newest.reason && note("Way", newest.reason), note("Model", servedBy(newest)), figures(newest)], "folded"),
    earlier.flatMap((exchange) => [
      rowOf(EARLIER_COLUMNS, { exchange }, { class: "folded" }),
      below([...notes(exchange), figures(exchange)], "folded"),
    ]),
  );
}

const servedBy = (one) => (one.mode === "internal" ? `${modelOf(one)}, internal mode` : modelOf(one));

/** A row of lines below another row; none where there is nothing to say. */
function below(lines, kind = "") {
  if (!lines.some(Boolean)) return null;
  const cell = make("td", { role: "cell", colspan: COLUMNS.length }, lines);
  return make("tr", { role: "row", class: `below ${kind}` }, cell);
}
