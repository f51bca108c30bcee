// The live processes, each with the conversation that it holds.

import { cut, keep, make, rowGroup, rowOf, tableOf } from "./dom.js";
import { ago, conversationLink } from "./exchange.js";
import { count, modelOf } from "./words.js";

const STATES = { parked: "waits for your client" };

const COLUMNS = [
  { title: "Process", kind: "no", cell: ({ one }) => String(one.session) },
  { title: "State", kind: "state", cell: ({ one }) => make("span", { class: `badge ${one.state}` }, STATES[one.state] ?? one.state) },
  { title: "Since", kind: "when", cell: ({ one }) => ago(one.since) },
  { title: "Holds", kind: "holds", cell: holds },
  { title: "Model", kind: "model", cell: ({ one }) => cut(modelOf(one), "code") },
  { title: "Memory", kind: "number", cell: ({ one }) => `${count(one.memory_mb)} MB` },
  { title: "PID", kind: "number", cell: ({ one }) => (one.pid === null ? "–" : String(one.pid)) },
];

/** Shows them in a place; ``known`` are the numbers of the conversations that the page has. */
export function showProcesses(place, processes, known) {
  if (!place.firstElementChild) {
    const table = tableOf("Live processes", COLUMNS);
    table.append(rowGroup({}));
    place.append(make("p", { class: "hint" }, "None. The next request starts one."), table);
  }
  const [none, table] = place.children;
  none.hidden = processes.length > 0;
  table.hidden = !processes.length;
  const rows = processes.map((one) => ({ one, isKnown: known.has(one.conversation) }));
  keep(table.tBodies[0], rows, ({ one }) => one.session, row);
}

const row = (value) => rowOf(COLUMNS, value, { id: `process-${value.one.session}`, tabindex: -1 });

function holds({ one, isKnown }) {
  if (!one.conversation) return "nothing yet";
  return isKnown ? conversationLink(one.conversation) : `conversation ${one.conversation}`;
}
