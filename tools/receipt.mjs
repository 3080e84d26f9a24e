// Receipts (C2SP tlog-proof): an entry is in a tree, and the log's keys have signed that. Formats: docs/trust/ledger.md
import { keyFault } from "./key-history.mjs";
import { signatureHolds } from "./signed.mjs";
import { decodeBase64, digestText, moment, need, sha256 } from "./strict.mjs";

export const MOST_BYTES = (1 << 18) + (1 << 14);
const MOST_NOTE_BYTES = 1 << 18;
const MOST_ENTRIES = 2n ** 63n - 1n;
const FIRST_DAY = "1970-01-01T00:00:00Z";

const NUMBER = "(0|[1-9]\\d{0,18})";
const HASH = "[A-Za-z0-9+/]{43}=";
const NAME = "[^\\p{White_Space}\\x00-\\x1f+]{1,255}";
const LINE = new RegExp(`^\u2014 (${NAME}) ([A-Za-z0-9+/=]+)$`, "u");
const RECEIPT = new RegExp(
  `^c2sp\\.org/tlog-proof@v1\\nindex ${NUMBER}\\n((?:${HASH}\\n){0,64})\\n` + // the proof
    `(([^\\n]+)\\n${NUMBER}\\n(${HASH})\\n)\\n((?:[^\\n]+\\n){1,32})$`, // the checkpoint: a signed note
  "u",
);
const CONTROL = /[\x00-\x09\x0b-\x1f]/;

const node = (left, right) => sha256("\x01", left, right);
const lines = (text) => text.split("\n").slice(0, -1);

function parseReceipt(text) {
  const [, index, path, note, origin, size, root, signatures] = RECEIPT.exec(text) ?? [];
  need(note && !CONTROL.test(text), "ledger: not a receipt");
  need(Buffer.byteLength(note + signatures) < MOST_NOTE_BYTES, "ledger: the receipt's checkpoint is too large");
  const signed = lines(signatures).map(parseLine), ids = signed.map(({ name, id }) => `${name} ${id.toString("hex")}`);
  need(new Set(ids).size === ids.length, "ledger: a key has two lines in the receipt");
  const checkpoint = { note, origin, size: BigInt(size), root: decodeBase64(root), signed };
  need(checkpoint.size <= MOST_ENTRIES, "ledger: an impossible tree size");
  return { index: BigInt(index), path: lines(path).map(decodeBase64), checkpoint };
}

/** A line of a signed note: a name, and in base64 four bytes of key id and the signature. */
function parseLine(line) {
  const [, name, encoded] = LINE.exec(line) ?? [];
  need(name, "ledger: a line in the receipt that is no signature");
  const bytes = decodeBase64(encoded);
  need(bytes.length > 4, "ledger: a signature line without a signature");
  return { name, id: bytes.subarray(0, 4), value: bytes.subarray(4) };
}

/** RFC 9162, 2.1.3.2: the root that a path leads to from a leaf, or undefined if it is too long or too short. */
function rootOf(leaf, index, size, path) {
  let [hash, at, last] = [leaf, index, size - 1n];
  for (const sibling of path) {
    if (last === 0n) return undefined;
    const isRight = at & 1n || at === last;
    hash = isRight ? node(sibling, hash) : node(hash, sibling);
    while (isRight && at > 0n && !(at & 1n)) [at, last] = [at >> 1n, last >> 1n];
    [at, last] = [at >> 1n, last >> 1n];
  }
  return last === 0n ? hash : undefined;
}

/** The root over the entries before the last one of a tree: the path of that entry is that tree. */
const rootBefore = (path) => (path.length ? path.reduce((right, left) => node(left, right)) : sha256(""));

/** What C2SP's signed-note and tlog-cosignature, and for other algorithms qlang, have a key sign and be called. */
function noteType({ algorithm, spki }, isWitness) {
  if (algorithm === "ml-dsa-44") return { id: ["\x06", spki.subarray(22)], timed: true, message: cosigned };
  if (algorithm === "ed25519" && isWitness) return { id: ["\x04", spki.subarray(12)], timed: true, message: timed };
  if (isWitness) return undefined;
  if (algorithm === "ed25519") return { id: ["\x01", spki.subarray(12)], timed: false, message: ({ note }) => note };
  const label = `qlang.checkpoint/v1 ${algorithm}\n`;
  return { id: [Buffer.from([0xff]), label, spki], timed: false, message: ({ note }) => label + note };
}

const timed = ({ note }, name, time) => `cosignature/v1\ntime ${time}\n${note}`;

/** `cosigned_message` of C2SP tlog-cosignature, over the tree from its first entry on. */
function cosigned({ origin, size, root }, name, time) {
  const number = (value) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(value);
    return bytes;
  };
  const counted = (text) => {
    const bytes = Buffer.from(text);
    need(bytes.length < 256, "checkpoint: a name that ML-DSA-44 cannot sign");
    return [Buffer.from([bytes.length]), bytes];
  };
  const label = Buffer.from("subtree/v1\n\0");
  return Buffer.concat([label, ...counted(name), number(time), ...counted(origin), number(0n), number(size), root]);
}

function claims({ name, id }, key, origin) {
  const type = noteType(key, name !== origin);
  return type !== undefined && sha256(`${name}\n`, ...type.id).subarray(0, 4).equals(id);
}

function lineHolds({ name, value }, key, checkpoint) {
  const type = noteType(key, name !== checkpoint.origin);
  if (!type.timed) return signatureHolds(key, Buffer.from(type.message(checkpoint)), value);
  if (value.length < 8 || value[0] & 0x80) return false; // no possible time
  const message = type.message(checkpoint, name, value.readBigUInt64BE());
  return signatureHolds(key, Buffer.from(message), value.subarray(8));
}

/** Whether a key may speak for the log. A checkpoint shows no time: its key counts from its first day on, until an
 * entry under the checkpoint ends it; and not at all if it was ever compromised, for its thief makes up trees. */
function isLogKey(history, key, { origin, size }) {
  const begin = history.claims(key).reduce((t, c) => (moment(c.not_before) > moment(t) ? c.not_before : t), FIRST_DAY);
  const purpose = history.claims(key).some((claim) => claim.purpose === "root") ? "root" : "ledger-checkpoint";
  const fault = keyFault(history, key, purpose, begin, { origin, index: size - 1n });
  return fault === undefined && !history.isCompromised(key);
}

function checkLog(checkpoint, history, demands) {
  const keys = [...history.trusted.values()], { origin, signed } = checkpoint;
  const pairs = signed.flatMap((line) => keys.map((key) => ({ line, key })));
  const claimed = pairs.filter(({ line, key }) => claims(line, key, origin));
  const good = claimed.filter(({ key }) => isLogKey(history, key, checkpoint));
  const areValid = good.every(({ line, key }) => lineHolds(line, key, checkpoint));
  need(areValid, "checkpoint: a false signature by a trusted key");
  const used = good.filter(({ line }) => line.name === origin).map(({ key }) => key.algorithm);
  need(used.length, "checkpoint: not signed by a trusted key of the log");
  const isMet = demands.every((algorithms) => algorithms.some((name) => used.includes(name)));
  need(isMet, "checkpoint: the log has not signed with all that the run's crypto mode demands");
}

/** Checks that a log has recorded `leaf` where a manifest says. Its signatures are worth something with `history`. */
export function checkReceipt(text, leaf, place, demands, history) {
  const { index, path, checkpoint } = parseReceipt(text), { origin, size, root } = checkpoint;
  const isOfEntry = index === BigInt(place.index) && origin === place.origin && index < size;
  need(isOfEntry, "ledger: the receipt is of another entry");
  need(rootOf(leaf, index, size, path)?.equals(root), "ledger: the receipt does not prove this entry");
  const follows = size !== index + 1n || digestText(rootBefore(path)) === place.root;
  need(follows, "ledger: the entries before it are not those that the manifest names");
  if (history) checkLog(checkpoint, history, demands);
}
