#!/usr/bin/env node
// Verifies runs of qlang without qlang: Node 24.15 or later, no dependency. What is proven, and what is not: docs/trust/verify.md
// node verify.mjs (--keys DIR | --any-key) [--require ALGORITHM,…] RUN…   prints a line of JSON for each run; exit status 0: all genuine
import { constants, createHash, createPublicKey, verify } from 'node:crypto';
import { lstatSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
const CLASSICAL = ['ed25519', 'ecdsa-p256', 'rsa-pss-3072'], CUSTODIES = ['development', 'token-wrapped', 'token-native'];
const POST_QUANTUM = ['ml-dsa-44', 'ml-dsa-65', 'ml-dsa-87', 'slh-dsa-sha2-128f', 'slh-dsa-sha2-128s'], HYBRID = [CLASSICAL, POST_QUANTUM];
const MODES = { classical: [CLASSICAL], hybrid: HYBRID, pqc_required: [POST_QUANTUM], qkd: HYBRID }, DER = { format: 'der', type: 'spki' }, FIRST = '1970-01-01T00:00:00Z', LAST = '9999-12-31T23:59:59Z';
const PROOF = /^c2sp\.org\/tlog-proof@v1\nindex (0|[1-9]\d{0,15})\n((?:[A-Za-z0-9+/]{43}=\n){0,64})\n(([^\n]+)\n(0|[1-9]\d{0,15})\n([A-Za-z0-9+/]{43}=)\n)\n((?:\u2014 [^\s+]+ [A-Za-z0-9+/=]+\n){1,32})$/;
const need = (fine, why) => { if (!fine) throw new Error(why); }, sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const spelled = (hash) => `sha256:${hash.toString('hex')}`, inner = (left, right) => sha256('\x01', left, right);
function read(path, limit, forbidden = 0) { // plain files only; keys and events only where nobody else can write them
  const info = lstatSync(path, { throwIfNoEntry: false }), mine = !forbidden || [0, process.geteuid?.() ?? info?.uid].includes(info?.uid);
  need(info?.isFile() && info.size <= limit && !(info.mode & forbidden) && mine, `file: ${basename(path)} is missing, too large or not safe`);
  return readFileSync(path);
}
const isObject = (v) => v !== null && typeof v === 'object' && !Array.isArray(v), isString = (v) => typeof v === 'string';
const isList = (v, form, least = 0, most = Infinity) => Array.isArray(v) && v.length >= least && v.length <= most && v.every((item) => form(item));
const like = (form) => (v) => isString(v) && form.test(v), orNull = (form) => (v) => (v ?? null) === null || form(v);
const isDigest = like(/^sha256:[0-9a-f]{64}$/), isCount = (v, least = 0) => Number.isSafeInteger(v) && v >= least;
const isTime = (v) => like(/^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/)(v) && new Date(v) > -8e15 && new Date(v).toISOString().startsWith(v.slice(0, 19));
const isPlace = (v) => isObject(v) && isString(v.origin) && isCount(v.index), moment = (v) => v.slice(0, 19) + v.slice(20, -1).padEnd(6, '0'); // as text
const isClaim = (k) => CUSTODIES.includes(k?.custody) && isCount(k.generation, 1) && isTime(k.not_before) && orNull(isTime)(k.not_after);
function jcs(value, depth = 0) { // RFC 8785, at most 32 levels deep
  need(value instanceof Object ? depth < 32 : !isString(value) || value.isWellFormed(), 'statement: nested too deeply, or a lone surrogate');
  if (Array.isArray(value)) return `[${value.map((item) => jcs(item, depth + 1))}]`;
  if (isObject(value)) return `{${Object.keys(value).sort().map((name) => `${jcs(name)}:${jcs(value[name], depth + 1)}`)}}`;
  return JSON.stringify(value);
}
const decode = (bytes) => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
const json = (text, value = JSON.parse(text)) => need(isObject(value) && jcs(value) === text, 'statement: not canonical JSON') ?? value; // no duplicate names, no huge numbers
const base64 = (v) => (need(isString(v) && Buffer.from(v, 'base64').toString('base64') === v, 'file: not base64 in its one spelling'), Buffer.from(v, 'base64'));
function keyOf(spki, names) { // `names`: what a manifest or an event calls the key
  const object = createPublicKey({ key: spki, ...DER }), { namedCurve, modulusLength, publicExponent } = object.asymmetricKeyDetails ?? {}, type = object.asymmetricKeyType;
  const p256 = type === 'ec' && namedCurve === 'prime256v1' && spki.length === 91;
  const algorithm = p256 ? 'ecdsa-p256' : type === 'rsa' && modulusLength === 3072 && publicExponent === 65537n ? 'rsa-pss-3072' : type;
  const key = { algorithm, object, spki, id: `${algorithm}:${sha256(spki).toString('hex', 0, 8)}`, whole: spki.toString('base64') };
  const same = object.export(DER).equals(spki) && (!names || (names.keyid === key.id && names.algorithm === algorithm));
  need(same && HYBRID.flat().includes(algorithm), 'statement: a public key of an unknown algorithm or spelling, or under another name');
  return key;
}
function holds({ algorithm, object }, message, signature) { // Ed25519, ML-DSA and SLH-DSA pure with an empty context; RSA as PSS
  const pss = algorithm[0] === 'r' && { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  try { return verify(/^(rsa|ecdsa)/.test(algorithm) ? 'sha256' : null, message, { key: object, ...pss }, signature); } catch { return false; }
}
function opened(bytes, type) { // a DSSE envelope; `by` says whether a key has signed it, once
  const envelope = json(decode(bytes)), only = (object, names) => isObject(object) && Object.keys(object).sort().join() === names, { signatures } = envelope;
  need(only(envelope, 'payload,payloadType,signatures') && envelope.payloadType === type
    && isList(signatures, (s) => only(s, 'keyid,sig') && isString(s.keyid), 1, 16), 'file: not an envelope of this type');
  const payload = base64(envelope.payload), found = signatures.map((s) => ({ id: s.keyid, value: base64(s.sig) }));
  const message = Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${type} ${payload.length} `), payload]);
  const by = (key) => found.filter((s) => s.id === key.id).length === 1 && holds(key, message, found.find((s) => s.id === key.id).value);
  return { digest: spelled(sha256(payload)), value: json(decode(payload)), signers: found.map((s) => s.id), by };
}
function keysOf({ _type, predicateType, predicate: run, subject }) { // checks what the verdict rests on; the keys that must have signed
  need(_type === 'https://in-toto.io/Statement/v1' && predicateType === 'https://qlang.dev/run/v1' && isObject(run), 'statement: of another type');
  need(isTime(run.created_at) && isTime(run.signer?.signed_at) && isPlace(run.ledger) && isDigest(run.ledger.root) && isDigest(run.policy?.digest)
    && Object.hasOwn(MODES, run.crypto_mode) && [run.run_id, run.tenant].every(isString) && isList(run.keys, isClaim, 1), 'statement: a malformed member');
  const plain = like(/^(?!(manifest\.dsse\.json|receipt\.tlog-proof)$)[A-Za-z0-9][A-Za-z0-9._+-]{0,127}(?<!\.)$/);
  need(isList(subject, (s) => plain(s?.name) && isDigest(`sha256:${s.digest?.sha256}`)), 'statement: a malformed subject');
  const names = subject.map((s) => s.name), listed = subject.map((s) => ({ name: s.name, digest: { sha256: s.digest.sha256 } }));
  need(new Set(names.map((n) => n.toLowerCase())).size === names.length && names.every((n, i) => !i || names[i - 1] < n)
    && names.includes('plan.mlir') && names.includes('results.json') && names.some((n) => n.startsWith('source.')), 'statement: the list of subjects');
  const keys = run.keys.map((claim) => ({ ...keyOf(base64(claim.spki), claim), claim })), used = keys.map((key) => key.algorithm);
  const custody = CUSTODIES.find((name) => keys.some((key) => key.claim.custody === name)), suite = POST_QUANTUM.filter((name) => used.includes(name));
  const derived = [spelled(sha256(jcs(listed))), used, custody, suite.join('+') || null], stated = [run.artifact_hash, run.algorithms, run.custody, run.pqc_suite];
  need(jcs(derived) === jcs(stated.map((v) => v ?? null)) && new Set(keys.map((key) => key.id)).size === keys.length, 'statement: members that follow from others');
  return keys;
}
function eventOf(bytes) { // a signed statement about a key's life; `heir` is what a rotation says of the new key
  const event = opened(bytes, 'application/vnd.qlang.key-event.v1+json'), { value } = event, { successor, since_time = null, since_ledger = null } = value;
  const fine = { created: () => isClaim(value), rotated: () => isClaim(successor), revoked: () => isString(value.reason) && orNull(isTime)(since_time) }[value.event];
  need(fine?.() && isTime(value.at) && value._type === 'https://qlang.dev/key-event/v1' && [value.ledger, since_ledger].every(orNull(isPlace)), 'key: a malformed event');
  const key = keyOf(base64(value.key?.spki), value.key), heir = value.event === 'rotated' && { ...successor, key: keyOf(base64(successor.key?.spki), successor.key) };
  return { ...event, ...value, since_time, since_ledger, key, heir };
}
function trustIn(folder) { // the keys of a folder, and what they and root keys have signed about them
  const load = (end, limit, form) => readdirSync(folder).filter((n) => n.endsWith(end)).map((n) => form(read(join(folder, n), limit, 0o022)));
  const anchors = load('.pub.pem', 1 << 16, (bytes) => ({ ...keyOf(createPublicKey(bytes).export(DER)), pem: decode(bytes) })), all = load('.event.dsse.json', 256 << 10, eventOf);
  need(anchors.every((key) => key.object.export({ ...DER, format: 'pem' }) === key.pem), 'key: a PEM file in another spelling');
  const keys = new Map(anchors.map((key) => [key.whole, key])), held = new Set(), events = (kind, key) => all.filter((e) => e.event === kind && e.key.whole === key.whole);
  const revoked = (key) => { const said = events('revoked', key), byRoots = said.filter(byRoot); return byRoots.some((e) => e.reason === 'compromised') ? byRoots : said; }; // a thief has the key, not the root
  const lost = (key) => revoked(key).some((e) => e.reason === 'compromised'), heirs = (key) => new Set(events('rotated', key).map((e) => e.heir.key.whole));
  const claims = (key) => [...events('created', key), ...[...held].filter((e) => e.heir && e.heir.key.whole === key.whole).map((e) => e.heir)];
  const only = (name, usual) => (key) => [...new Set(claims(key).map((c) => c[name]))].join() || usual, purpose = only('purpose', 'run-manifest'), tenant = only('tenant', 'default');
  const byRoot = (e) => e.event !== 'created' && [...keys.values()].some((key) => purpose(key) === 'root' && key.whole !== e.key.whole && (e.heir ? speaks(key, e) : purpose(e.key) !== 'root' && !lost(key)) && e.by(key));
  const ends = (key) => [...claims(key).map((c) => c.not_after ?? LAST), ...revoked(key).map((e) => (e.reason === 'superseded' ? e.at : FIRST))];
  const alone = (e) => anchors.some((key) => key.whole === e.heir.key.whole) || (heirs(e.key).size === 1 && lives(ends(e.key), e));
  const lives = (ends, e) => ends.every((t) => moment(t) >= moment(e.at)), speaks = (root, e) => lives([...ends(root), ...events('rotated', root).map((r) => r.at)], e);
  const inherits = (e) => e.by(e.heir.key) && purpose(e.key) === e.heir.purpose && tenant(e.key) === e.heir.tenant && !leads(e.heir.key.whole, e.key.whole);
  const leads = (from, to) => from === to || [...held].some((e) => e.heir && e.key.whole === from && leads(e.heir.key.whole, to)); // no rotations in a circle
  const believed = (e) => keys.has(e.key.whole) && !held.has(e) && (byRoot(e) || (e.by(e.key) && (!e.heir || alone(e)))) && (!e.heir || inherits(e));
  for (let n = -1; n !== held.size;) for (const e of (n = held.size, all)) if (believed(e) && held.add(e) && e.heir) keys.set(e.heir.key.whole, e.heir.key);
  return need(all.every((e) => held.has(e) || !keys.has(e.key.whole)), 'key: an event about a trusted key is not to be believed') ?? { keys, claims, events, revoked };
}
function fault(trust, key, wanted, time, place) { // why a signature of that time and place in a log does not count, or undefined
  const at = moment(time), from = (p, t) => p && (p.origin === place.origin ? place.index >= p.index : !t); // times are written to the second: the rest of it counts
  const gone = ({ reason, at: then, ledger, since_time: t, since_ledger: p }) => (reason === 'compromised' ? (!t && !p) || (t && at >= moment(t)) || from(p, t) : at > moment(then) || from(ledger, then));
  const claims = trust.claims(key), fits = (c) => c.purpose === wanted && at >= moment(c.not_before) && ((c.not_after ?? null) === null || at <= moment(c.not_after));
  if (!trust.keys.has(key.whole) || trust.revoked(key).some(gone)) return `key: ${key.id} is not trusted, or revoked`;
  const ended = trust.events('rotated', key).some((e) => at > moment(e.at) && at > moment(e.heir.not_before));
  return !ended && (claims.length ? claims.every(fits) : wanted === 'run-manifest') ? undefined : `key: ${key.id} is not for this purpose or time`;
}
function checkReceipt(text, leaf, ledger, trust) { // C2SP tlog-proof: the leaf is in a tree that the log's key has signed
  const [, index, path, note, origin, size, root, lines] = PROOF.exec(text) ?? [], next = Number(size) === ledger.index + 1;
  need(note && !/[\x00-\x09\x0b-\x1f]/.test(text) && Number(index) === ledger.index && origin === ledger.origin && ledger.index < Number(size), 'ledger: receipt');
  const hashes = path.split('\n').slice(0, -1).map(base64), old = hashes.length ? hashes.reduce((right, left) => inner(left, right)) : sha256('');
  let [hash, at, last] = [leaf, BigInt(index), BigInt(size) - 1n];
  for (const sibling of hashes) { // RFC 9162, 2.1.3.2
    need(last > 0n, 'ledger: the path is too long');
    hash = at & 1n || at === last ? inner(sibling, hash) : inner(hash, sibling);
    while (at === last && !(at & 1n) && at > 0n) [at, last] = [at >> 1n, last >> 1n];
    [at, last] = [at >> 1n, last >> 1n];
  }
  need(last === 0n && hash.equals(base64(root)) && (!next || spelled(old) === ledger.root), 'ledger: the receipt does not prove this entry');
  const signed = lines.split('\n').slice(0, -1).map((line) => line.split(' ')).map(([, name, data]) => ({ name, id: base64(data).subarray(0, 4), value: base64(data).subarray(4) }));
  need(new Set(signed.map((s) => `${s.name} ${s.id.toString('hex')}`)).size === signed.length, 'ledger: a key has two lines in the receipt');
  const label = (key) => (key.algorithm === 'ed25519' ? '' : `qlang.checkpoint/v1 ${key.algorithm}\n`), place = { origin, index: Number(size) };
  const id = (key) => sha256(`${origin}\n`, Buffer.from([label(key) ? 255 : 1]), label(key), label(key) ? key.spki : key.spki.subarray(12)).subarray(0, 4);
  const line = (key) => signed.find((s) => s.name === origin && s.id.equals(id(key)));
  const begin = (key) => trust.claims(key).reduce((t, c) => (moment(c.not_before) > moment(t) ? c.not_before : t), FIRST);
  const good = (key) => line(key) && !trust.revoked(key).some((e) => e.since_time) && !fault(trust, key, trust.claims(key).some((c) => c.purpose === 'root') ? 'root' : 'ledger-checkpoint', begin(key), place);
  const signers = trust && [...trust.keys.values()].filter(good), valid = (key) => holds(key, Buffer.from(label(key) + note), line(key).value);
  need(!trust || (signers.length && signers.every(valid)), 'checkpoint: no valid signature by a trusted key of the log');
}
function checkRun(folder, trust, required) {
  const manifest = opened(read(join(folder, 'manifest.dsse.json'), 16 << 20), 'application/vnd.in-toto+json'), run = manifest.value.predicate;
  const keys = keysOf(manifest.value), used = keys.map((key) => key.algorithm), at = moment(run.created_at), demanded = [...MODES[run.crypto_mode], ...required.map((name) => [name])];
  for (const { name, digest } of manifest.value.subject) need(spelled(sha256(read(join(folder, name), Infinity))) === `sha256:${digest.sha256}`, `subject: ${name}`);
  need(jcs(manifest.signers) === jcs(keys.map((key) => key.id)) && keys.every(manifest.by), 'signature: missing, added or false');
  need(demanded.every((any) => any.some((name) => used.includes(name))) && (run.crypto_mode !== 'qkd' || run.qkd), 'signature: a demanded algorithm is missing');
  for (const key of keys) {
    const why = trust && fault(trust, key, 'run-manifest', run.created_at, run.ledger), { not_before: from, not_after: until, custody } = key.claim;
    need(!why && (!trust || trust.claims(key).every((c) => c.custody === custody)), why ?? 'key: it lives elsewhere than the manifest says');
    need(moment(from) <= at && ((until ?? null) === null || at <= moment(until)), 'policy: a key outside of its time');
  }
  const body = { at: run.signer.signed_at, run_id: run.run_id, tenant: run.tenant, created_at: run.created_at, manifest_digest: manifest.digest,
    key_ids: manifest.signers, custody: run.custody, policy_digest: run.policy.digest };
  checkReceipt(decode(read(join(folder, 'receipt.tlog-proof'), 278528)), sha256('\x00', jcs({ kind: 'run', body })), run.ledger, trust);
}
const args = process.argv.slice(2), take = (name, width) => (args.includes(name) ? args.splice(args.indexOf(name), width).at(-1) : undefined), stores = new Map();
const [anyKey, batch, folder, required] = [take('--any-key', 1), take('--batch', 1), take('--keys', 2), take('--require', 2)?.split(',') ?? []];
const cases = batch ? readFileSync(0, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line)) : args.map((run) => ({ run }));
if (!cases.length || args.some((word) => word.startsWith('--')) || (!anyKey && !folder && !batch)) { console.error('usage: verify.mjs (--keys DIR | --any-key) RUN…'); process.exit(2); }
for (const { run, keys = folder } of cases) {
  let broken = null;
  try { checkRun(run, anyKey ? undefined : (stores.get(keys) ?? stores.set(keys, trustIn(keys)).get(keys)), required); } catch (error) { broken = error.message; process.exitCode = 1; }
  console.log(JSON.stringify({ run, ok: broken === null, broken }));
}
