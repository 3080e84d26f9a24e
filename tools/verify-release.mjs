// Verify a release without qlang: node tools/verify-release.mjs DIST KEYS   (Node 24.15 or newer, no dependency)
// KEYS is a folder of *.pub.pem that you trust; one valid signature of each algorithm in it is demanded.
import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { demandNode } from "./node-version.mjs";

demandNode("verify-release.mjs");
const [dist, folder] = process.argv.slice(2);
if (!dist || !folder) {
  console.error("usage: node verify-release.mjs DIST KEYS");
  process.exit(2);
}

const faults = [];
const sha256 = (data) => createHash("sha256").update(data).digest("hex");

/** DSSE v1 pre-authentication encoding. */
function pae(type, payload) {
  return Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `), payload]);
}

function trustedKeys() {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".pub.pem"))
    .map((name) => createPublicKey(readFileSync(join(folder, name))));
}

/** Ed25519 and ML-DSA sign the message itself, ECDSA and RSA-PSS its SHA-256. */
function valid(key, message, signature) {
  const kind = key.asymmetricKeyType;
  const prehash = kind === "ec" || kind === "rsa" ? "sha256" : null;
  const options = kind === "rsa" ? { key, padding: 6, saltLength: 32 } : key;
  try {
    return verify(prehash, message, options, signature);
  } catch {
    return false; // a signature of impossible form is not a signature
  }
}

function statement() {
  const envelope = JSON.parse(readFileSync(join(dist, "release.dsse.json"), "utf8"));
  const payload = Buffer.from(envelope.payload, "base64");
  const message = pae(envelope.payloadType, payload);
  const signatures = envelope.signatures.map((item) => Buffer.from(item.sig, "base64"));
  const keys = trustedKeys();
  if (!keys.length) faults.push(`${folder} holds no public key`);
  for (const key of keys) {
    const signed = signatures.some((signature) => valid(key, message, signature));
    if (!signed) faults.push(`no valid signature by the trusted ${key.asymmetricKeyType} key`);
  }
  if (envelope.payloadType !== "application/vnd.in-toto+json") faults.push("the payload is of another type");
  const value = JSON.parse(payload.toString("utf8"));
  if (value.predicateType !== "https://qlang.dev/release/v1") faults.push("this attests something else than a release");
  return value;
}

function checkFiles(value) {
  const names = new Set();
  for (const { name, digest } of value.subject) {
    names.add(name);
    if (!/^[A-Za-z0-9][A-Za-z0-9._+-]*$/.test(name)) faults.push(`${JSON.stringify(name)} is not a plain file name`);
    else if (sha256(readFileSync(join(dist, name))) !== digest.sha256) faults.push(`${name} is not what was signed`);
  }
  const wheels = readdirSync(dist).filter((name) => name.endsWith(".whl"));
  for (const name of [...wheels, "SHA256SUMS"]) if (!names.has(name)) faults.push(`${name} is not part of the release`);
}

let release;
try {
  release = statement();
  checkFiles(release);
} catch (error) {
  faults.push(error.message);
}
for (const fault of faults) console.log(`FAIL  ${fault}`);
if (!faults.length) console.log(`release ${release.predicate.version} of commit ${release.predicate.commit}: genuine`);
process.exit(faults.length ? 1 : 0);
