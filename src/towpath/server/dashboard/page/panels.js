// The smaller parts of the page: figures of now, tokens, plan windows, processes, errors.

import { ago } from "./conversations.js";
import { make, table } from "./dom.js";
import { cacheShare, count, inputTokens, percent, plural, shareOrDash, tokens, windowName } from "./words.js";

const RUNS = new Set(["waiting", "asking", "answering"]);

/** Who serves here, as one sentence. */
export function serverLine(server) {
  const { auth } = server;
  const plan = auth.subscription ? `with a ${auth.subscription} plan` : auth.method ? `by ${auth.method}` : "";
  const login = {
    starting: "The server is starting",
    "not logged in": "Claude is not logged in: run claude auth login with the official CLI",
  };
  const words = login[server.status] ?? `Logged in ${plan}`.trim();
  const bad = server.status === "not logged in";
  return make(
    "span",
    {},
    make("span", { class: bad ? "bad" : null }, words),
    ` · ${server.mode} mode · version ${server.version} · started `,
    ago(server.started_at),
  );
}

/** What is going on, as terms and figures. */
export function tiles({ server, totals, exchanges }) {
  const running = exchanges.filter((one) => RUNS.has(one.state) && one.state !== "waiting").length;
  const live = Object.values(server.sessions).reduce((sum, one) => sum + one, 0);
  return [
    ["Running", count(running), server.waiting ? `${count(server.waiting)} waiting` : "none waiting"],
    ["Live processes", count(live), `${count(server.memory_mb)} MB`],
    ["Exchanges", count(totals.exchanges), totals.failed ? `${count(totals.failed)} failed` : "none failed"],
    ["Input from cache", shareOrDash(cacheShare(totals)), `of ${tokens(inputTokens(totals))} tokens`],
  ].map(([title, figure, note]) => ({ title, figure, note }));
}

export function tile({ title, figure, note }) {
  return make("div", {}, make("dt", {}, title), make("dd", {}, make("b", {}, figure), make("span", {}, note)));
}

const KINDS = [
  ["From cache", "cache_read_input_tokens"],
  ["Into the cache", "cache_creation_input_tokens"],
  ["Input, not cached", "input_tokens"],
  ["Output", "output_tokens"],
];

export function tokenTable(totals) {
  const all = inputTokens(totals);
  if (!all && !totals.output_tokens) return make("p", { class: "hint" }, "No tokens yet.");
  const rows = KINDS.map(([title, kind]) => ({ title, kind, value: totals[kind] }));
  const share = ({ kind, value }) => (kind === "output_tokens" || !all ? "" : percent(value / all));
  return table(
    "Tokens since the server started",
    [
      { title: "Kind", cell: (row) => row.title },
      { title: "Tokens", numeric: true, cell: (row) => count(row.value) },
      { title: "Of the input", numeric: true, cell: share },
    ],
    rows,
  );
}

/** The plan's windows, or in words that there are none. */
export function windows({ windows: known, extra_usage: extra }) {
  if (!known.length) {
    const words =
      "None were told. An API key or a cloud provider has no plan windows; a plan tells them with its answers.";
    return make("p", { class: "hint" }, words);
  }
  const paid = extra.in_use && make("li", { class: "bad" }, "Paid extra usage pays for the answers now.");
  return make("ul", { class: "windows" }, known.map(oneWindow), paid);
}

function oneWindow(one) {
  const used = one.utilization;
  const meter = make("meter", {
    min: 0, max: 1, low: 0.7, high: 0.9, optimum: 0, value: used, "aria-label": `${windowName(one.name)}, used`,
  });
  return make(
    "li",
    {},
    make("div", { class: "line" }, make("b", {}, windowName(one.name)), make("span", {}, state(one))),
    typeof used === "number" && meter,
    make("p", { class: "hint" }, reset(one)),
  );
}

const STATES = { allowed: "", allowed_warning: "close to its limit", rejected: "used up" };

function state({ utilization, status }) {
  const used = typeof utilization === "number" ? `${percent(utilization)} used` : "";
  return [used, STATES[status] ?? status].filter(Boolean).join(", ");
}

function reset(one) {
  if (typeof one.resets_at !== "number") return "Its reset is not known.";
  const moment = new Date(one.resets_at * 1000);
  const day = moment.toDateString() === new Date().toDateString() ? {} : { weekday: "short" };
  const text = moment.toLocaleTimeString([], { ...day, hour: "2-digit", minute: "2-digit" });
  return `Resets ${Object.keys(day).length ? "on" : "at"} ${text}`;
}

/** The live processes. */
export function processTable(processes) {
  if (!processes.length) {
    return make("p", { class: "hint" }, "None. The next request starts one.");
  }
  return table(
    plural(processes.length, "process", "processes"),
    [
      { title: "Session", cell: (one) => `${one.session}` },
      { title: "State", cell: (one) => make("span", { class: `badge ${one.state}` }, one.state) },
      { title: "Since", cell: (one) => ago(one.since) },
      { title: "Memory", numeric: true, cell: (one) => `${count(one.memory_mb)} MB` },
      { title: "Holds", cell: (one) => (one.conversation ? `conversation ${one.conversation}` : "nothing yet") },
      { title: "Model", cell: (one) => make("code", {}, one.model) },
      { title: "Process", numeric: true, cell: (one) => (one.pid === null ? "–" : String(one.pid)) },
    ],
    processes,
  );
}

/** One error. */
export function errorItem(one) {
  return make(
    "li",
    {},
    make("p", {}, make("b", {}, one.plain)),
    make("p", { class: "hint" }, ago(one.at), ` · ${one.status} ${one.type}`,
      one.conversation ? ` · conversation ${one.conversation}` : ""),
    make("p", { class: "message" }, one.message),
  );
}
