// Strict reading of what may come from an attacker: files, JSON, base64, times. Each value has one spelling.
import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { basename } from "node:path";

const DEEPEST = 32;
const CHUNK = 1 << 20;
const OPEN = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0); // a pipe must not hang us

/** Throws unless `fine`; `why` begins with the link of the chain that broke. */
export function need(fine, why) {
  if (!fine) throw new Error(why);
}

export const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
export const digestText = (hash) => `sha256:${hash.toString("hex")}`;

/** What `use` makes of a plain file. With `forbidden` mode bits, nobody but its reader and root may own the file. */
function withFile(path, forbidden, use) {
  let file;
  try {
    file = openSync(path, OPEN);
  } catch (error) {
    throw new Error(`file: ${basename(path)} cannot be opened: ${error.code}`);
  }
  try {
    const info = fstatSync(file);
    const mine = !forbidden || [0, process.geteuid?.() ?? info.uid].includes(info.uid);
    need(info.isFile() && mine && !(info.mode & forbidden), `file: ${basename(path)} is no plain file, or not safe`);
    return use(file, info.size);
  } finally {
    closeSync(file);
  }
}

export function readFile(path, limit, forbidden = 0) {
  return withFile(path, forbidden, (file, size) => {
    need(size <= limit, `file: ${basename(path)} is larger than ${limit} bytes`);
    return readFileSync(file);
  });
}

/** SHA-256 of a file of any size. */
export function fileDigest(path) {
  return withFile(path, 0, (file) => {
    const hash = createHash("sha256"), chunk = Buffer.allocUnsafe(CHUNK);
    for (let count; (count = readSync(file, chunk)) > 0; ) hash.update(chunk.subarray(0, count));
    return hash.digest();
  });
}

export const decodeText = (bytes) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);

export function decodeBase64(text) {
  const bytes = isString(text) ? Buffer.from(text, "base64") : null;
  need(bytes?.toString("base64") === text, "file: not base64 in its one spelling");
  return bytes;
}

/** Canonical JSON (RFC 8785). */
export function canonical(value, depth = 0) {
  if (isString(value)) need(value.isWellFormed(), "statement: a lone surrogate");
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  need(depth < DEEPEST, "statement: nested too deeply");
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, depth + 1))}]`;
  const member = (name) => `${canonical(name)}:${canonical(value[name], depth + 1)}`;
  return `{${Object.keys(value).sort().map(member)}}`;
}

/** An object in canonical JSON: so no name is there twice, and no number is too large. */
export function parseCanonical(bytes) {
  const text = decodeText(bytes), value = JSON.parse(text);
  need(isObject(value) && canonical(value) === text, "statement: not an object in canonical JSON");
  return value;
}

// Forms: whether a value has one. What is missing is undefined, which has none.

export const isString = (value) => typeof value === "string";
export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
export const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
export const isPositive = (value) => isCount(value) && value > 0;
export const like = (pattern) => (value) => isString(value) && pattern.test(value);
export const isDigest = like(/^sha256:[0-9a-f]{64}$/);
export const oneOf = (values) => (value) => values.includes(value);
export const orNull = (form) => (value) => value === null || form(value);
export const optional = (form) => (value) => value === undefined || value === null || form(value);
export const listOf = (form, least = 0) => (list) => Array.isArray(list) && list.length >= least && list.every(form);

/** Texts of `least` to `most` characters (code points). */
export const textOf = (least, most) => (value) => {
  const length = isString(value) ? (value.length > most ? [...value].length : value.length) : -1;
  return length >= least && length <= most;
};

/** Objects with a value of the right form under each of these names; other members are passed over. */
export const shaped = (forms) => (value) => isObject(value) && misshapen(value, forms) === undefined;
export const misshapen = (value, forms) => Object.keys(forms).find((name) => !forms[name](value[name]));

const TIME = /^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/;

/** RFC 3339 in UTC; `Date` knows the calendar, and writes 30 February otherwise. */
export function isTime(value) {
  if (!isString(value) || !TIME.test(value)) return false;
  const date = new Date(value);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value.slice(0, 19));
}

/** A time as a text that sorts as times do, to the microsecond. */
export const moment = (time) => time.slice(0, 19) + time.slice(20, -1).padEnd(6, "0");
export const isPlace = shaped({ origin: isString, index: isCount });
