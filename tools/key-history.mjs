// Which keys of a folder are trusted, for what, and for signatures of which time. The rules: docs/trust/keys.md
import { moment, need } from "./strict.mjs";

/** What the keys and events of a folder amount to. Throws if an event about a trusted key does not hold. */
export class KeyHistory {
  #events = new Map(); // kind and key → events that are believed; keys are compared as a whole, never by their ids
  #doubted = []; // keys about which there are others
  #anchors;

  constructor({ keys, events }) {
    this.trusted = new Map(keys.map((key) => [key.whole, key]));
    this.#anchors = new Set(this.trusted.keys());
    const [created, rotated, revoked] = ["created", "rotated", "revoked"].map((kind) => inOrder(events, kind));
    for (const event of created) this.#believe(event, event.signedBy(event.key));
    // Root keys first, for they sign about the others; then revocations, for a compromised key names no successor.
    const ofRoots = rotated.filter((event) => event.successor.purpose === "root");
    const known = new Set([...this.#roots(), ...ofRoots.map((event) => event.successor.key)].map((key) => key.whole));
    this.#revoke(revoked.filter((event) => known.has(event.key.whole)), []);
    this.#follow(ofRoots);
    const sound = this.#roots().filter((root) => !this.isCompromised(root));
    this.#revoke(revoked.filter((event) => !known.has(event.key.whole)), sound);
    this.#follow(rotated.filter((event) => event.successor.purpose !== "root"));
    need(!this.#doubted.some((key) => this.trusted.has(key.whole)), "key: an event about a trusted key does not hold");
  }

  /** What a key says about itself, and what was said of it when it took over; all of it limits the key. */
  claims = (key) => [...this.#of("created", key), ...this.#of("inherited", key)];
  rotations = (key) => this.#of("rotated", key);
  revocations = (key) => this.#of("revoked", key);
  isCompromised = (key) => this.revocations(key).some((event) => event.reason === "compromised");
  /** Whether a key is for one thing and nothing else; one that says nothing is the default tenant's, for runs. */
  isFor = (key, purpose) => this.#allSay(key, "purpose", purpose, "run-manifest");

  #of = (kind, key) => this.#events.get(`${kind} ${key.whole}`) ?? [];
  #add = (kind, key, item) => this.#events.set(`${kind} ${key.whole}`, [...this.#of(kind, key), item]);
  #believe = (event, holds) => (holds ? this.#add(event.event, event.key, event) : this.#doubted.push(event.key));
  #roots = () => [...this.trusted.values()].filter((key) => this.isFor(key, "root"));

  #allSay(key, name, value, usual) {
    const claims = this.claims(key);
    return claims.length ? claims.every((claim) => claim[name] === value) : value === usual;
  }

  /** What a root says of a compromised key goes before what the key says: a thief has the key, not the root. */
  #revoke(revoked, roots) {
    const byRoot = (event) => roots.some((root) => event.signedBy(root));
    for (const event of revoked.filter(byRoot)) this.#believe(event, true);
    const settled = new Set(revoked.filter((event) => this.isCompromised(event.key)).map((event) => event.key.whole));
    for (const event of revoked.filter((event) => !byRoot(event))) {
      const own = event.signedBy(event.key);
      if (!own || !settled.has(event.key.whole)) this.#believe(event, own);
    }
  }

  /** Believes rotations of trusted keys, until no further key becomes trusted. */
  #follow(rotated) {
    const named = (key) => rotated.filter((event) => event.key.whole === key.whole && event.signedBy(key));
    const isForked = (key) => new Set(named(key).map((event) => event.successor.key.whole)).size > 1;
    let waiting = rotated;
    for (let ready; (ready = this.#ready(waiting)).length; ) {
      waiting = waiting.filter((event) => !ready.includes(event));
      for (const event of ready) {
        const { successor } = event;
        const holds = this.#passesOn(event, isForked);
        this.#believe(event, holds);
        if (!holds) continue;
        this.#add("inherited", successor.key, successor);
        this.trusted.set(successor.key.whole, successor.key);
      }
    }
    this.#doubted.push(...waiting.map((event) => event.key));
  }

  /** Rotations of trusted keys; those first whose key no other of them makes: that says what the key is for. */
  #ready(waiting) {
    const ready = waiting.filter((event) => this.trusted.has(event.key.whole));
    const heirs = new Set(ready.map((event) => event.successor.key.whole));
    const first = ready.filter((event) => !heirs.has(event.key.whole));
    return first.length ? first : ready;
  }

  /** Whether those have signed a rotation who must, and had a say on that day. */
  #passesOn(event, isForked) {
    const { key: old, at, successor, signedBy } = event;
    const { key: heir, purpose, tenant } = successor;
    if (this.#leads(heir, old) || !signedBy(heir)) return false;
    if (!this.isFor(old, purpose) || !this.#allSay(old, "tenant", tenant, "default")) return false;
    const others = this.#roots().filter((root) => root.whole !== old.whole);
    if (others.some((root) => this.#hasSay(root, at, this.rotations(root)) && signedBy(root))) return true;
    return signedBy(old) && (this.#anchors.has(heir.whole) || (this.#hasSay(old, at, []) && !isForked(old)));
  }

  /** Whether rotations lead from a key to another: they must not run in a circle. */
  #leads(from, to) {
    const met = new Map([[from.whole, from]]); // grows while it is walked
    for (const key of met.values()) {
      for (const { successor } of this.rotations(key)) met.set(successor.key.whole, successor.key);
    }
    return met.has(to.whole);
  }

  /** Whether nobody but its owner had a key, and it had not ended. Who finds a given-up key would date back. */
  #hasSay(key, at, rotations) {
    const revocations = this.revocations(key);
    const limits = this.claims(key).flatMap((claim) => claim.not_after ?? []);
    const ends = [...limits, ...[...revocations, ...rotations].map((event) => event.at)];
    const isGivenUp = revocations.some((event) => event.reason !== "superseded");
    return !isGivenUp && ends.every((end) => moment(end) >= moment(at));
  }
}

/** Events of a kind by their times and digests, so that the order of files means nothing. */
function inOrder(events, kind) {
  const text = (event) => event.at + event.digest;
  return events.filter((event) => event.event === kind).sort((one, other) => (text(one) < text(other) ? -1 : 1));
}

/** Why a signature that claims a time and a place in a log does not count, or undefined if it does. */
export function keyFault(history, key, purpose, time, place) {
  if (!history.trusted.has(key.whole)) return `key: ${key.id} is not trusted`;
  if (history.revocations(key).some((event) => isRevoked(event, time, place))) return `key: ${key.id} is revoked`;
  const at = moment(time);
  const hasEnded = ({ at: then, successor }) => at > moment(then) && at > moment(successor.not_before);
  if (history.rotations(key).some(hasEnded)) return `key: ${key.id} has a successor`;
  const inTime = (claim) => at >= moment(claim.not_before) && !(claim.not_after && at > moment(claim.not_after));
  const fits = history.isFor(key, purpose) && history.claims(key).every(inTime);
  return fits ? undefined : `key: ${key.id} is not for this purpose or time`;
}

/** Times are written to the second: in the second of its revocation a key may still have signed. */
function isRevoked({ reason, at, ledger, since_time, since_ledger }, time, place) {
  if (reason !== "compromised") return moment(time) > moment(at) || isFrom(ledger, place, at);
  if (!since_time && !since_ledger) return true;
  return (since_time && moment(time) >= moment(since_time)) || isFrom(since_ledger, place, since_time);
}

/** Whether a signature is at or behind a place; in another log only the time can tell, and without one, nothing. */
const isFrom = (start, place, time) =>
  start && (start.origin === place.origin ? place.index >= start.index : !time);
