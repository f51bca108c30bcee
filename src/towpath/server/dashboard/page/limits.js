// The plan's windows, the fullest first.

import { make } from "./dom.js";
import { percent, windowName } from "./words.js";

/** The windows of all accesses that have any, or in words that there are none. ``paces``: when each is used up. */
export function windows({ paces = [], ...limits }) {
  const told = [limits, ...limits.others].filter(({ windows: known }) => known.length);
  const own = (one) => ofOne(one, paces.filter(({ access }) => access === one.access));
  if (told.length < 2 && !told.some(({ access }) => access !== "default")) return own(limits);
  return make("div", {}, told.map((one) => make("div", {}, make("h3", {}, one.access), own(one))));
}

function ofOne({ windows: known, extra_usage: extra }, paces) {
  if (!known.length) {
    const words =
      "None were told. An API key or a cloud provider has no plan windows; a plan tells them with its answers.";
    return make("p", { class: "hint" }, words);
  }
  const paid = extra.in_use && make("li", { class: "bad" }, "Paid extra usage pays for the answers now.");
  const fullestFirst = [...known].sort((one, other) => fullness(other) - fullness(one));
  return make("ul", { class: "windows" }, paid, fullestFirst.map((one) => oneWindow(one, paces.find(({ window }) => window === one.name)?.used_up_at)));
}

const fullness = ({ status, utilization }) => (status === "rejected" ? 2 : (utilization ?? -1));

function oneWindow(one, usedUpAt) {
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
    usedUpAt && make("p", { class: "hint" }, `At the pace of the last hours it is used up ${clock(usedUpAt)}.`),
  );
}

const STATES = { allowed: "", allowed_warning: "close to its limit", rejected: "used up" };

function state({ utilization, status }) {
  const used = typeof utilization === "number" ? `${percent(utilization)} used` : "";
  return [used, STATES[status] ?? status].filter(Boolean).join(", ");
}

function reset(one) {
  if (typeof one.resets_at !== "number") return "Its reset is not known.";
  return `Resets ${clock(one.resets_at)}`;
}

/** "at 16:40", or "on Mon 16:40" where that is another day. */
function clock(seconds) {
  const moment = new Date(seconds * 1000);
  const day = moment.toDateString() === new Date().toDateString() ? {} : { weekday: "short" };
  const text = moment.toLocaleTimeString([], { ...day, hour: "2-digit", minute: "2-digit" });
  return `${Object.keys(day).length ? "on" : "at"} ${text}`;
}
