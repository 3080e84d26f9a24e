// Public keys, signatures and the envelopes (DSSE v1) that carry them.
import { constants, createPublicKey, verify } from "node:crypto";
import { decodeBase64, digestText, isString, listOf, need, parseCanonical, sha256, shaped } from "./strict.mjs";

export const CLASSICAL = ["ed25519", "ecdsa-p256", "rsa-pss-3072"];
export const POST_QUANTUM = ["ml-dsa-44", "ml-dsa-65", "ml-dsa-87", "slh-dsa-sha2-128f", "slh-dsa-sha2-128s"];
export const ALGORITHMS = [...CLASSICAL, ...POST_QUANTUM];

/** Crypto mode → sets of algorithms; one valid signature by a member of each set must be there. */
export const MODES = {
  classical: [CLASSICAL],
  hybrid: [CLASSICAL, POST_QUANTUM],
  pqc_required: [POST_QUANTUM],
  qkd: [CLASSICAL, POST_QUANTUM],
};

const DER = { format: "der", type: "spki" };
const PEM = { format: "pem", type: "spki" };
const MAX_SIGNATURES = 16;

/** The algorithm of a key object, or undefined where this key is none of qlang's. */
function algorithmOf(object, spki) {
  const { namedCurve, modulusLength, publicExponent } = object.asymmetricKeyDetails ?? {};
  switch (object.asymmetricKeyType) {
    case "ec": // the point uncompressed, which begins with 4
      return namedCurve === "prime256v1" && spki.length === 91 && spki[26] === 4 ? "ecdsa-p256" : undefined;
    case "rsa": // before the exponent of 3 bytes and its header of 2, the modulus ends
      return modulusLength === 3072 && publicExponent === 65537n && spki.at(-6) & 1 ? "rsa-pss-3072" : undefined;
    case "ed25519":
      return isEd25519Point(spki.subarray(12)) ? "ed25519" : undefined;
    default:
      return ALGORITHMS.find((name) => name === object.asymmetricKeyType);
  }
}

/** RFC 8032, 5.1.3: y below p; and no point of small order, under which one signature fits many messages. */
function isEd25519Point(bytes) {
  const p = 2n ** 255n - 19n;
  const orderEight = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;
  const y = BigInt.asUintN(255, BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`));
  return y < p && ![0n, 1n, p - 1n, orderEight, p - orderEight].includes(y);
}

/** A public key from SubjectPublicKeyInfo; `names` is what a manifest or an event calls it. */
export function publicKey(spki, names) {
  const object = createPublicKey({ key: spki, ...DER }), algorithm = algorithmOf(object, spki);
  need(algorithm && object.export(DER).equals(spki), "statement: a public key of an unknown algorithm or spelling");
  const id = `${algorithm}:${sha256(spki).toString("hex", 0, 8)}`;
  const named = !names || (names.keyid === id && names.algorithm === algorithm);
  need(named, `statement: the key ${id} is listed under another name`);
  return { algorithm, object, spki, id, whole: spki.toString("base64") };
}

/** A public key in a PEM file, as `openssl` and qlang spell it. */
export function publicKeyFromPem(bytes) {
  const object = createPublicKey(bytes);
  need(object.export(PEM) === bytes.toString("latin1"), "key: a PEM file in another spelling");
  return publicKey(object.export(DER));
}

/** Ed25519, ML-DSA and SLH-DSA sign the message, with an empty context; ECDSA and RSA-PSS its SHA-256. */
export function signatureHolds({ algorithm, object }, message, signature) {
  const prehash = ["ecdsa-p256", "rsa-pss-3072"].includes(algorithm) ? "sha256" : null;
  const pss = algorithm === "rsa-pss-3072" && { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  try {
    return verify(prehash, message, { key: object, ...pss }, signature);
  } catch {
    return false; // a signature of impossible form is not a signature
  }
}

const exactly = (forms) => (value) => shaped(forms)(value) && Object.keys(value).length === Object.keys(forms).length;
const isSignature = exactly({ keyid: isString, sig: isString });

/**
 * Opens an envelope in its one spelling. `value`: the payload; `digest`: its hash; `signers`: the key ids, in order;
 * `signedBy(key)`: whether there is one signature under the id of that key, and it holds.
 */
export function openEnvelope(bytes, payloadType) {
  const envelope = parseCanonical(bytes);
  const forms = { payload: isString, payloadType: (type) => type === payloadType, signatures: listOf(isSignature, 1) };
  need(exactly(forms)(envelope), "file: not an envelope of this type");
  need(envelope.signatures.length <= MAX_SIGNATURES, "file: too many signatures");
  const payload = decodeBase64(envelope.payload);
  const header = `DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `;
  const message = Buffer.concat([Buffer.from(header), payload]);
  const signatures = envelope.signatures.map(({ keyid, sig }) => ({ id: keyid, value: decodeBase64(sig) }));
  const verdicts = new Map();
  const look = (key) => {
    const own = signatures.filter(({ id }) => id === key.id);
    return own.length === 1 && signatureHolds(key, message, own[0].value);
  };
  const signedBy = (key) => verdicts.get(key.whole) ?? verdicts.set(key.whole, look(key)).get(key.whole);
  const signers = signatures.map(({ id }) => id);
  return { value: parseCanonical(payload), digest: digestText(sha256(payload)), signers, signedBy };
}
