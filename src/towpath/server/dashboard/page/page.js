// The page: follows the activity and shows it.

import { timeChart } from "./chart.js";
import { showClients } from "./connect.js";
import { conversations, reveal, showConversations } from "./conversations.js";
import { keep, show } from "./dom.js";
import { showErrors } from "./errors.js";
import { tile, tiles, tokenTable } from "./figures.js";
import { windows } from "./limits.js";
import { showProcesses } from "./processes.js";
import { banner, serverLine, trouble } from "./server.js";
import { follow } from "./stream.js";
import { followUsage } from "./usage.js";
import { count, duration } from "./words.js";

const KEY = "towpath-key";
const at = (id) => document.getElementById(id);

let newest = null;
let known = []; // the conversations, the newest first
let aheadSeconds = 0; // how far the server's clock is ahead of this one
let usage = null; // what the ledger has of the last days
let stop = () => {};
let stopUsage = () => {};

function connect(key) {
  stop();
  stop = follow(key, {
    snapshot(value) {
      newest = value;
      aheadSeconds = value.at - Date.now() / 1000;
      render();
    },
    connected() {
      at("key-form").hidden = true;
      at("forget-key").hidden = !key;
      stopUsage();
      stopUsage = followUsage(key, showUsage);
    },
    lost: () => say("lost", newest ? "Connection lost; trying again. What is below is from before." : "No answer from the server; trying again."),
    refused() {
      sessionStorage.removeItem(KEY);
      askForKey(key ? "This key is not accepted." : "");
    },
  });
}

function say(state, words) {
  const line = at("connection");
  line.dataset.state = state;
  document.body.dataset.state = state;
  if (line.textContent !== words) line.textContent = words;
}

function askForKey(problem) {
  stopUsage();
  newest = null;
  at("data").hidden = at("trouble").hidden = true;
  at("server").replaceChildren();
  at("forget-key").hidden = true;
  at("key-form").hidden = false;
  at("key-error").textContent = problem;
  say("locked", "A key is needed");
  at("key").value = "";
  at("key").focus();
}

function render() {
  const { server, limits, exchanges, errors, processes, totals } = newest;
  known = conversations(exchanges, processes);
  showServer(server);
  showWhatThereIs(exchanges.length > 0, errors.length > 0);
  keep(at("now"), tiles(newest), (one) => one.title, tile);
  showConversations(at("conversation-list"), known);
  showChart();
  const numbers = new Set(known.map((one) => one.number));
  showErrors(at("errors"), errors, numbers, at("new-error"));
  show(at("tokens"), totals, tokenTable);
  show(at("limits"), { ...limits, paces: usage?.paces }, windows);
  at("process-count").textContent = `(${count(processes.length)})`;
  showProcesses(at("processes"), processes, numbers);
  tick();
}

function showUsage(report) {
  usage = report;
  if (newest) render();
}

function showServer(server) {
  const found = trouble(server);
  say(found ? "trouble" : "live", found ? "Live, but nothing can be answered" : "Live");
  show(at("server"), server, serverLine);
  at("trouble").hidden = !found;
  show(at("trouble"), found, () => (found ? banner(found, at("copied")) : document.createElement("div")));
}

/** Until something has come, how to connect is first, and empty boxes are not shown. */
function showWhatThereIs(hasCome, hasFailed) {
  at("data").hidden = !hasCome && !hasFailed && !usage?.total.exchanges;
  at("connect-first").hidden = hasCome;
  for (const section of document.querySelectorAll("[data-after-first]")) section.hidden = !hasCome;
  const isFirst = at("connect").nextElementSibling === at("data");
  if (isFirst !== hasCome) return;
  const focused = document.activeElement;
  at("main").insertBefore(at("connect"), hasCome ? null : at("data"));
  if (at("connect").contains(focused)) focused.focus({ preventScroll: true });
}

function showChart() {
  const place = at("chart");
  if (!place.clientWidth) return;
  const width = Math.max(240, Math.floor(place.clientWidth));
  const shown = newest.exchanges.filter((one) => one.first_event_ms !== null);
  show(place, { shown: shown.map((one) => [one.request_id, one.conversation]), width }, () => timeChart(shown, width));
}

/** What a link leads to may be folded, or not shown yet. */
function unfold(place) {
  const number = /^#conversation-(\d+)$/.exec(place)?.[1];
  if (number) reveal(at("conversation-list"), known, Number(number));
  const fold = document.querySelector(place)?.closest("details");
  if (fold) fold.open = true;
}

/** Says the times again as they go by. */
function tick() {
  const now = Date.now() / 1000 + aheadSeconds;
  for (const time of document.querySelectorAll("time[data-at]")) {
    const seconds = now - Number(time.dataset.at);
    const text = seconds < 5 ? "just now" : `${duration(seconds)} ago`;
    if (time.textContent !== text) time.textContent = text;
  }
}

at("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const key = at("key").value.trim();
  sessionStorage.setItem(KEY, key);
  connect(key);
});

at("forget-key").addEventListener("click", () => {
  stop();
  sessionStorage.removeItem(KEY);
  askForKey("");
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  if (link) unfold(link.hash);
  tick(); // a click may have shown more times
});

document.title = `Towpath · ${location.host}`;
at("process-fold").open = matchMedia("(min-width: 40rem)").matches;
new ResizeObserver(() => newest && showChart()).observe(at("chart"));
setInterval(tick, 1000);
showClients(at("clients"), at("copied"));
connect(sessionStorage.getItem(KEY) ?? "");
