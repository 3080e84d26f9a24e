// The folder of keys that a verifier trusts: public keys, and signed events about keys. Formats: docs/trust/keys.md
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { openEnvelope, publicKey, publicKeyFromPem } from "./signed.mjs";
import * as strict from "./strict.mjs";

const { isObject, isPlace, isTime, need, oneOf, optional, shaped } = strict;

export const CUSTODIES = ["development", "token-wrapped", "token-native"]; // from the weakest to the strongest
const PURPOSES = ["run-manifest", "ledger-checkpoint", "root", "witness", "release"];
const REASONS = ["compromised", "superseded", "lost", "retired"];
const EVENT = "application/vnd.qlang.key-event.v1+json";
const MOST_FILES = 4096;
const MOST_SIGNATURES = 4;
const MOST_PEM_BYTES = 1 << 16;
const MOST_EVENT_BYTES = 256 << 10;
const WRITABLE_BY_OTHERS = 0o022;

const isText = strict.textOf(0, 8192);
const isClaim = shaped({
  key: isObject,
  purpose: oneOf(PURPOSES),
  tenant: isText,
  generation: strict.isPositive,
  custody: oneOf(CUSTODIES),
  probe: isText,
  not_before: isTime,
  not_after: optional(isTime),
});
const since = { since_time: optional(isTime), since_ledger: optional(isPlace) };
const FORMS = {
  created: isClaim,
  rotated: shaped({ key: isObject, successor: isClaim }),
  revoked: shaped({ key: isObject, reason: oneOf(REASONS), ...since }),
};
const isEvent = shaped({
  _type: (type) => type === "https://qlang.dev/key-event/v1",
  event: oneOf(Object.keys(FORMS)),
  at: isTime,
  ledger: optional(isPlace),
});

const readKey = ({ spki, ...names }) => publicKey(strict.decodeBase64(spki), names);

/** A signed statement about a key's life: created, rotated to a `successor`, or revoked. */
function readEvent(bytes) {
  const { value, digest, signers, signedBy } = openEnvelope(bytes, EVENT);
  need(isEvent(value) && FORMS[value.event](value), "key: a malformed event");
  need(signers.length <= MOST_SIGNATURES, "key: an event with too many signatures");
  const { successor } = value;
  const heir = value.event === "rotated" ? { ...successor, key: readKey(successor.key) } : undefined;
  return { ...value, key: readKey(value.key), successor: heir, digest, signedBy };
}

/** The public keys in a folder, and the events about keys. Throws if any file is none: it may be a revocation. */
export function readKeys(folder) {
  const names = readdirSync(folder);
  const pems = names.filter((name) => name.endsWith(".pub.pem"));
  const files = names.filter((name) => name.endsWith(".event.dsse.json"));
  need(pems.length + files.length <= MOST_FILES, "key: too many files in the folder of keys");
  const read = (name, limit) => strict.readFile(join(folder, name), limit, WRITABLE_BY_OTHERS);
  const keys = pems.map((name) => publicKeyFromPem(read(name, MOST_PEM_BYTES)));
  const texts = new Set(files.map((name) => read(name, MOST_EVENT_BYTES).toString("latin1")));
  return { keys, events: [...texts].map((text) => readEvent(Buffer.from(text, "latin1"))) };
}
