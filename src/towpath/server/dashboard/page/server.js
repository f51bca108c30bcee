// Who serves here, and what keeps it from serving.

import { copyable } from "./copy.js";
import { make } from "./dom.js";
import { ago } from "./exchange.js";
import { inWords } from "./words.js";

const METHODS = { api_key: "API key", oauth_token: "OAuth token", "claude.ai": "Claude login" };
const PROVIDERS = { bedrock: "Amazon Bedrock", vertex: "Google Vertex AI", foundry: "Microsoft Foundry" };

/** How it is logged in, its mode, its version and its age. */
export function serverLine(server) {
  const words = server.status === "starting" ? "Starting" : server.auth.logged_in ? login(server.auth) : "Not logged in";
  return make("span", {}, `${words} · ${server.mode} mode · version ${server.version} · started `, ago(server.started_at));
}

function login({ method, provider, subscription }) {
  if (subscription) return `${inWords(subscription)} plan`;
  return PROVIDERS[provider] ?? METHODS[method] ?? inWords(method ?? "logged in");
}

/** Why nothing can be answered, and the command that mends it; null if all is well. */
export function trouble({ status, cli }) {
  if (!cli.found) {
    return {
      title: "The Claude CLI is missing",
      words: "No request can be answered. This command says what to do:",
      command: "towpath doctor",
    };
  }
  if (status !== "not logged in") return null;
  const path = cli.path.includes(" ") ? `"${cli.path}"` : cli.path;
  return {
    title: "Nobody is logged in to Claude",
    words:
      "Requests fail until somebody is. Run this on the server's machine, or set CLAUDE_PROXY_UPSTREAM_API_KEY to " +
      "an API key and start the server again. This page notices a login within a minute.",
    command: `${path} auth login`,
  };
}

/** The same as a banner; ``said`` is where a screen reader hears that the command was copied. */
export function banner(found, said) {
  const [command, button] = copyable("the command", found.command, said);
  return make("div", {}, make("h2", {}, found.title), make("p", {}, found.words), make("div", { class: "command" }, command, button));
}
