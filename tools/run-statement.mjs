// The statement of a run: its form, and that what follows from other members does. Schema: docs/schema
import { CUSTODIES } from "./key-events.mjs";
import { MODES, POST_QUANTUM, publicKey } from "./signed.mjs";
import * as strict from "./strict.mjs";

const { isCount, isDigest, isObject, isPositive, isString, isTime } = strict;
const { canonical, decodeBase64, digestText, misshapen, need, sha256 } = strict;
const { like, listOf, oneOf, orNull, shaped, textOf } = strict;

const PROBES = ["enforced", "claimed, not enforced", "not claimed"].map((found) => `non_extractable: ${found}`);
const isText = textOf(0, 1024);
const isFilledText = textOf(1, 1024);
const isBoolean = (value) => typeof value === "boolean";
const isFlags = (value) => isObject(value) && Object.values(value).every(isBoolean);
const areFew = (entries) => entries.length <= 256 && entries.flat().every(isText);
const isLabels = (value) => isObject(value) && areFew(Object.entries(value));

const isKey = shaped({
  keyid: isString,
  algorithm: isString,
  spki: isString,
  custody: oneOf(CUSTODIES),
  probe: shaped({ verdict: oneOf(PROBES), flags: isFlags }),
  generation: isPositive,
  created_at: isTime,
  not_before: isTime,
  not_after: orNull(isTime),
});

const isQkdGate = shaped({
  kme: oneOf(["vendor", "simulator"]),
  source_kme: isString,
  target_kme: isString,
  probed_at: isTime,
});

const RUN = {
  run_id: like(/^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$/),
  job_id: isFilledText,
  tenant: isFilledText,
  backend_id: isFilledText,
  crypto_mode: oneOf(Object.keys(MODES)),
  plan_hash: isDigest,
  source_digest: isDigest,
  kernel_digest: orNull(isDigest),
  calibration_snapshot_id: orNull(isString),
  calibration_at: orNull(isTime),
  em_method: isText,
  em_version: isText,
  seed: like(/^(0x[0-9a-f]{1,64}|[0-9]{1,78})$/),
  result_digest: isDigest,
  created_at: isTime,
  compiler_version: isText,
  labels: isLabels,
  methods_applied: listOf(isObject),
  passes: listOf(isString),
  keys: listOf(isKey, 1),
  ledger: shaped({ origin: textOf(1, 255), index: isCount, root: isDigest }),
  policy: shaped({ name: isString, digest: isDigest }),
  qkd: orNull(isQkdGate),
  signer: shaped({ version: isString, signed_at: isTime }),
};

const NAME = /^(?!(manifest\.dsse\.json|receipt\.tlog-proof)$)[A-Za-z0-9][A-Za-z0-9._+-]{0,127}(?<!\.)$/;
const isSubject = shaped({ name: like(NAME), digest: shaped({ sha256: like(/^[0-9a-f]{64}$/) }) });

/** A run as its signers state it: `run`, its `subjects`, and the `keys` that must have signed. */
export function readStatement({ _type, predicateType, predicate: run, subject }) {
  const isRun = _type === "https://in-toto.io/Statement/v1" && predicateType === "https://qlang.dev/run/v1";
  need(isRun && isObject(run), "statement: of another type");
  const member = misshapen(run, RUN);
  need(member === undefined, `statement: ${member} is missing or malformed`);
  need((run.qkd !== null) === (run.crypto_mode === "qkd"), "statement: qkd does not fit the crypto mode");
  const subjects = readSubjects(subject);
  const keys = run.keys.map((claim) => ({ ...publicKey(decodeBase64(claim.spki), claim), claim }));
  need(new Set(keys.map((key) => key.id)).size === keys.length, "statement: a key is listed twice");
  checkDerived(run, subjects, keys);
  return { run, subjects, keys };
}

/** The signed files, in the order of their names; case makes no difference between names. */
function readSubjects(list) {
  need(listOf(isSubject)(list), "statement: a malformed subject");
  const names = list.map(({ name }) => name);
  const areOrdered = names.every((name, index) => index === 0 || names[index - 1] < name);
  const areDistinct = new Set(names.map((name) => name.toLowerCase())).size === names.length;
  need(areOrdered && areDistinct, "statement: the subjects are not in the order of their names");
  const hasCore = names.includes("plan.mlir") && names.includes("results.json");
  need(hasCore && names.some((name) => name.startsWith("source.")), "subject: plan, results or source are not covered");
  return list.map(({ name, digest }) => ({ name, digest: { sha256: digest.sha256 } }));
}

function checkDerived(run, subjects, keys) {
  const algorithms = keys.map((key) => key.algorithm);
  const derived = {
    artifact_hash: digestText(sha256(canonical(subjects))),
    algorithms,
    custody: CUSTODIES.find((custody) => keys.some((key) => key.claim.custody === custody)),
    pqc_suite: POST_QUANTUM.filter((name) => algorithms.includes(name)).join("+") || null,
  };
  for (const [name, value] of Object.entries(derived)) {
    const isSame = run[name] !== undefined && canonical(run[name]) === canonical(value);
    need(isSame, `statement: ${name} does not follow from the other members`);
  }
}
