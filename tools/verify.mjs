#!/usr/bin/env node
// Verifies runs of qlang without qlang or any dependency. What is proven, and what is not: docs/trust/verify.md
import { readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import util from "node:util";
import { readKeys } from "./key-events.mjs";
import { KeyHistory, keyFault } from "./key-history.mjs";
import { demandNode } from "./node-version.mjs";
import { checkReceipt, MOST_BYTES as MOST_RECEIPT_BYTES } from "./receipt.mjs";
import { readStatement } from "./run-statement.mjs";
import { ALGORITHMS, MODES, openEnvelope } from "./signed.mjs";
import { canonical, decodeText, fileDigest, isString, moment, need, readFile, sha256 } from "./strict.mjs";

const USAGE = `usage: node verify.mjs (--keys DIR | --any-key) [--require ALGORITHM,…] RUN…
       node verify.mjs (--keys DIR | --any-key) [--require ALGORITHM,…] --batch < LINES

Verifies the folders of runs offline, and prints a line of JSON for each: {"run": …, "ok": …, "broken": …}.

  --keys DIR      the public keys (*.pub.pem) and key events (*.event.dsse.json) that you trust
  --any-key       trust the keys that a run names itself: shows that it is whole, not whose it is
  --require LIST  demand signatures by these algorithms: ${ALGORITHMS.slice(0, 3).join(",")},…
  --batch         read lines {"run": FOLDER, "keys": DIR} from standard input; without "keys", --keys counts

Exit status 0: all are genuine; 1: at least one is not; 2: wrong usage, or a Node that is too old.`;

const MANIFEST = "application/vnd.in-toto+json";
const MOST_MANIFEST_BYTES = 16 << 20;

/** Throws with the first link that is broken. Without `history`, keys and log are not checked. */
function checkRun(folder, history, required) {
  const manifest = openEnvelope(readFile(join(folder, "manifest.dsse.json"), MOST_MANIFEST_BYTES), MANIFEST);
  const { run, subjects, keys } = readStatement(manifest.value);
  checkName(folder, run);
  checkSubjects(folder, subjects);
  checkSignatures(manifest, run, keys, required);
  for (const key of keys) checkKey(key, run, history);
  const receipt = decodeText(readFile(join(folder, "receipt.tlog-proof"), MOST_RECEIPT_BYTES));
  checkReceipt(receipt, entryLeaf(run, manifest), run.ledger, MODES[run.crypto_mode], history);
}

/** In a project, a run is that which its folder is named after; a copy elsewhere may have any name. */
function checkName(folder, { run_id: id }) {
  const path = resolve(folder), runs = dirname(path);
  const isAtHome = basename(runs) === "runs" && basename(dirname(runs)) === ".qlang";
  need(!isAtHome || basename(path) === id, `file: the folder is not of run ${id}`);
}

function checkSubjects(folder, subjects) {
  for (const { name, digest } of subjects) {
    const found = fileDigest(join(folder, name)).toString("hex");
    need(found === digest.sha256, `subject: ${name} is not the file that was signed`);
  }
}

/** Exactly the named keys have signed, each once, in that order, and with what the mode and the verifier demand. */
function checkSignatures({ signers, signedBy }, run, keys, required) {
  need(canonical(signers) === canonical(keys.map((key) => key.id)), "signature: one is missing, or added");
  for (const key of keys) need(signedBy(key), `signature: that of ${key.id} does not hold`);
  const demands = [...MODES[run.crypto_mode], ...required.map((name) => [name])];
  const isMet = (algorithms) => keys.some((key) => algorithms.includes(key.algorithm));
  need(demands.every(isMet), "signature: a demanded algorithm is missing");
}

/** The key is trusted for a run of that time and place, lives where the run says, and has not ended by its own word. */
function checkKey(key, run, history) {
  const { custody, not_before: begin, not_after: end } = key.claim, at = moment(run.created_at);
  const fault = history && keyFault(history, key, "run-manifest", run.created_at, run.ledger);
  need(!fault, fault);
  const livesThere = !history || history.claims(key).every((claim) => claim.custody === custody);
  need(livesThere, `key: ${key.id} lives elsewhere than the manifest says`);
  need(moment(begin) <= at && (end === null || at <= moment(end)), `policy: ${key.id} is outside of its time`);
}

/** RFC 6962 leaf hash of what the ledger says about a run. */
function entryLeaf({ run_id, tenant, created_at, custody, policy, signer }, { digest, signers }) {
  const stated = { run_id, tenant, created_at, custody, policy_digest: policy.digest, at: signer.signed_at };
  const body = { ...stated, manifest_digest: digest, key_ids: signers };
  return sha256("\0", canonical({ kind: "run", body }));
}

/** What the command line asks for, or undefined if it makes no sense. */
function readOptions() {
  const text = { type: "string" }, flag = { type: "boolean", default: false };
  const options = { keys: text, require: text, "any-key": flag, batch: flag };
  try {
    const { values, positionals } = util.parseArgs({ options, allowPositionals: true });
    const { keys, batch, "any-key": anyKey } = values, required = values.require?.split(",") ?? [];
    const cases = batch ? readCases() : positionals.map((run) => ({ run }));
    const isTrusting = (one) => anyKey || isString(one.keys ?? keys);
    const isComplete = cases.length > 0 && cases.every((one) => isString(one.run) && isTrusting(one));
    const isSound = required.every((name) => ALGORITHMS.includes(name)) && !(batch && positionals.length);
    return isComplete && isSound ? { keys, anyKey, required, cases } : undefined;
  } catch (error) {
    console.error(error.message);
    return undefined;
  }
}

const readCases = () => readFileSync(0, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));

demandNode("verify.mjs");
const options = readOptions();
if (!options) {
  console.error(USAGE);
  process.exit(2);
}
const histories = new Map();
const historyOf = (folder) => {
  if (!histories.has(folder)) histories.set(folder, new KeyHistory(readKeys(folder)));
  return histories.get(folder);
};
for (const { run, keys = options.keys } of options.cases) {
  let broken = null;
  try {
    checkRun(run, options.anyKey ? undefined : historyOf(keys), options.required);
  } catch (error) {
    broken = error.message;
    process.exitCode = 1;
  }
  console.log(JSON.stringify({ run, ok: broken === null, broken }));
}
