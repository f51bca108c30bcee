// Figures as a person reads them. Pure.

const COUNT = new Intl.NumberFormat("en");

export const count = (value) => COUNT.format(value);

export const plural = (value, one, many = `${one}s`) => `${count(value)} ${value === 1 ? one : many}`;

/** 950 ms, 1.4 s, 75 s. */
export function milliseconds(value) {
  if (value === null) return "–";
  if (value < 1000) return `${Math.round(value)} ms`;
  return `${(value / 1000).toFixed(value < 10_000 ? 1 : 0)} s`;
}

/** 1,234 → 1.2k. */
export function tokens(value) {
  if (value < 1000) return String(value);
  if (value < 1_000_000) return `${(value / 1000).toFixed(value < 10_000 ? 1 : 0)}k`;
  return `${(value / 1_000_000).toFixed(1)}M`;
}

/** $12.34; below ten cents with more digits. */
export function dollars(value) {
  if (value > 0 && value < 0.0001) return "<$0.0001";
  const digits = value === 0 || value >= 0.1 ? 2 : 4;
  return `$${value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}

/** Seconds as one or two units: 12 s, 3 min, 2 h 5 min, 4 d. */
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export const percent = (share) => `${Math.round(share * 100)} %`;

/** The model, and the access by which it is asked, unless that is the default one. */
export const modelOf = ({ model, access }) => (access === "default" ? model : `${model}, by ${access}`);

/** All tokens that the model read: new ones, and those that came from the cache or went into it. */
export function inputTokens(usage) {
  return usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens;
}

/** The share of them that came from the cache; null where nothing was read. */
export function cacheShare(usage) {
  const all = inputTokens(usage);
  return all ? usage.cache_read_input_tokens / all : null;
}

export const shareOrDash = (share) => (share === null ? "–" : percent(share));

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** A name of a program's as words: seven_day_opus → Seven day opus. */
export function inWords(name) {
  const words = String(name).replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const WINDOWS = { five_hour: "Five hours", seven_day: "Seven days" };

/** five_hour → Five hours; a name that is not known, as words. */
export const windowName = (name) => WINDOWS[name] ?? inWords(name);
