// Checks evidence in the page: the file that is chosen is read here and goes nowhere.
//
// What it checks: the log's signature under its head, that each entry is in that log, that each part
// belongs to its entry and none is there that is said to be left out, that the log extends every head
// a signer had seen, every person's signature by the keys in allowed_signers, and that the texts for
// use by hand are those of the entries. It does not ask policy again; the program does.

const text = new TextDecoder("utf-8", { fatal: true });
const utf8 = (string) => new TextEncoder().encode(string);
const b64 = (string) => Uint8Array.from(atob(string), (letter) => letter.charCodeAt(0));
const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const same = (a, b) => a.length === b.length && a.every((byte, index) => byte === b[index]);

function need(holds, what) {
  if (!holds) throw new Error(what);
}

function join(...parts) {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

async function sha(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", join(...parts)));
}

// The files of an archive that only stores (APPNOTE.TXT 4.3: central directory, local headers).
export function unpack(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = bytes.length - 22;
  need(end >= 0 && view.getUint32(end, true) === 0x06054b50, "this is not a bundle");
  const files = new Map();
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left -= 1) {
    need(view.getUint32(at, true) === 0x02014b50, "this is not a bundle");
    need(view.getUint16(at + 10, true) === 0, "a file in it is compressed; bundles only store");
    const size = view.getUint32(at + 24, true);
    const length = view.getUint16(at + 28, true);
    const name = text.decode(bytes.subarray(at + 46, at + 46 + length));
    const local = view.getUint32(at + 42, true);
    const from = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    need(!files.has(name) && from + size <= bytes.length, "a file in it is cut off, or there twice");
    files.set(name, bytes.subarray(from, from + size));
    at += 46 + length + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return files;
}

// A signed note by the log (C2SP signed-note), and the head in it (C2SP tlog-checkpoint).
async function head(note, vkey) {
  const [name, id, encoded] = [...vkey.split("+").slice(0, 2), vkey.split("+").slice(2).join("+")];
  const key = b64(encoded);
  need(key.length === 33 && key[0] === 1, "the log's key is not Ed25519");
  need(hex((await sha(utf8(name + "\n"), key)).subarray(0, 4)) === id, "the log's key has another hash");
  const split = note.indexOf("\n\n");
  need(split > 0, "the checkpoint is not a signed note");
  const body = note.slice(0, split + 1);
  const raw = await crypto.subtle.importKey("raw", key.subarray(1), "Ed25519", false, ["verify"]);
  let signed = false;
  for (const line of note.slice(split + 2).trimEnd().split("\n")) {
    const [dash, signer, value] = line.split(" ");
    const signature = b64(value);
    need(dash === "\u2014", "a signature line of the checkpoint is malformed");
    if (signer === name && hex(signature.subarray(0, 4)) === id) {
      signed = await crypto.subtle.verify("Ed25519", raw, signature.subarray(4), utf8(body));
      need(signed, "the log's signature does not match its checkpoint");
    }
  }
  need(signed, "the checkpoint is not signed by the log");
  const [origin, size, root] = body.split("\n");
  need(origin === name, "the checkpoint is of another log");
  return { origin, size: Number(size), root: b64(root) };
}

// The steps of a proof (RFC 9162, 2.1.3.2 and 2.1.4.2): each hash, and whether it stands to the left.
// Places are whole numbers below 2^53, so they are halved by division, not by shifting.
function climb(place, last, path) {
  const steps = [];
  for (const step of path) {
    need(last > 0, "a path is too long");
    const left = place % 2 === 1 || place === last;
    steps.push([step, left]);
    while (left && place % 2 === 0 && place !== 0) {
      [place, last] = [Math.floor(place / 2), Math.floor(last / 2)];
    }
    [place, last] = [Math.floor(place / 2), Math.floor(last / 2)];
  }
  need(last === 0, "a path is too short");
  return steps;
}

const one = Uint8Array.of(1);

async function included(leaf, index, log, path) {
  need(index < log.size, "an entry lies beyond the log");
  let hash = leaf;
  for (const [step, left] of climb(index, log.size - 1, path)) {
    hash = left ? await sha(one, step, hash) : await sha(one, hash, step);
  }
  need(same(hash, log.root), `entry ${index} is not in the log`);
}

async function extended(seen, log) {
  const root = b64(seen.root);
  let path = seen.path.map(b64);
  if (seen.size === 0 || seen.size === log.size) {
    const own = seen.size === 0 ? await sha() : log.root;
    need(path.length === 0 && same(root, own), "a head that a signer had seen is not of this log");
    return;
  }
  need(seen.size < log.size, "a head that a signer had seen is longer than the log");
  let [place, last, power] = [seen.size - 1, log.size - 1, seen.size];
  while (power % 2 === 0) power /= 2;
  if (power === 1) path = [root, ...path];
  while (place % 2 === 1) [place, last] = [Math.floor(place / 2), Math.floor(last / 2)];
  need(path.length > 0, "the proof of a head is empty");
  let [before, after] = [path[0], path[0]];
  for (const [step, left] of climb(place, last, path.slice(1))) {
    if (left) before = await sha(one, step, before);
    after = left ? await sha(one, step, after) : await sha(one, after, step);
  }
  need(same(before, root) && same(after, log.root), "the log does not extend a head");
}

async function tree(leaves) {
  let level = leaves;
  while (level.length > 1) {
    const next = [];
    for (let at = 0; at + 1 < level.length; at += 2) next.push(await sha(one, level[at], level[at + 1]));
    level = level.length % 2 === 1 ? [...next, level[level.length - 1]] : next;
  }
  return level[0] ?? (await sha());
}

// Reads the strings of the SSH wire format (RFC 4251, 5).
class Wire {
  constructor(bytes) {
    this.bytes = bytes;
  }

  take(length) {
    need(length <= this.bytes.length, "a signature is cut off");
    const taken = this.bytes.subarray(0, length);
    this.bytes = this.bytes.subarray(length);
    return taken;
  }

  number() {
    const at = this.take(4);
    return new DataView(at.buffer, at.byteOffset, 4).getUint32(0);
  }

  string() {
    return this.take(this.number());
  }

  word() {
    return text.decode(this.string());
  }
}

function string(bytes) {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length);
  return join(length, bytes);
}

const fixed = (number) => join(new Uint8Array(32), number).slice(-32);

// A signature by a person (OpenSSH PROTOCOL.sshsig, PROTOCOL.u2f).
async function signedBy(statement, armoured, namespace) {
  const inner = armoured.split("\n").filter((line) => line && !line.startsWith("-----")).join("");
  const wire = new Wire(b64(inner));
  need(text.decode(wire.take(6)) === "SSHSIG" && wire.number() === 1, "no SSH signature");
  const blob = wire.string();
  const [found, reserved, algorithm] = [wire.word(), wire.string(), wire.word()];
  need(found === namespace, `signed under ${found}, not ${namespace}`);
  const digests = { sha256: "SHA-256", sha512: "SHA-512" };
  need(algorithm in digests, "an unknown hash");
  const digest = new Uint8Array(await crypto.subtle.digest(digests[algorithm], utf8(statement)));
  const message = join(
    utf8("SSHSIG"), string(utf8(found)), string(reserved), string(utf8(algorithm)), string(digest),
  );
  const key = new Wire(blob);
  const kind = key.word();
  const curve = kind.includes("ecdsa");
  if (curve) key.word();
  const point = key.string();
  const application = kind.startsWith("sk-") ? key.string() : new Uint8Array();
  const signature = new Wire(wire.string());
  const form = signature.word();
  let raw = signature.string();
  if (curve) {
    const pair = new Wire(raw);
    raw = join(fixed(pair.string()), fixed(pair.string()));
  }
  let data = message;
  if (kind.startsWith("sk-")) {
    const reported = signature.take(5);
    need((reported[0] & 5) === 5, "the authenticator does not report that its user was verified");
    let hashed = await sha(message);
    if (form.startsWith("webauthn-")) {
      signature.string();
      const client = signature.string();
      const challenge = btoa(String.fromCharCode(...message)).replaceAll("+", "-").replaceAll("/", "_");
      const told = JSON.parse(text.decode(client));
      need(told.challenge === challenge.replace(/=+$/, ""), "the passkey signed something else");
      need(told.type === "webauthn.get", "the passkey did not sign");
      hashed = await sha(client);
    }
    data = join(await sha(application), reported, hashed);
  }
  const name = curve ? { name: "ECDSA", namedCurve: "P-256" } : "Ed25519";
  const check = curve ? { name: "ECDSA", hash: "SHA-256" } : "Ed25519";
  const imported = await crypto.subtle.importKey("raw", point, name, false, ["verify"]);
  need(await crypto.subtle.verify(check, imported, raw, data), "a signature does not match its text");
  return `${kind} ${btoa(String.fromCharCode(...blob))}`;
}

const field = (statement, key) =>
  statement.split("\n").find((line) => line.startsWith(key + ": ")).slice(key.length + 2);

const stamp = (time) => {
  const up = new Date(Math.ceil(Date.parse(time) / 1000) * 1000).toISOString();
  return up.replace(/[-:T]|\.000/g, "");
};

function mayHaveSigned(allowed, who, key, at) {
  return allowed.some((line) => {
    const [person, options, ...rest] = line.split(" ");
    const [, after] = /valid-after="(\d{14}Z)"/.exec(options) ?? [];
    const [, before] = /valid-before="(\d{14}Z)"/.exec(options) ?? [];
    return who.includes(person) && rest.join(" ") === key && after <= at && at <= before;
  });
}

// Events that all else rests on: of their entries only names are ever left out.
const foundation = new Set([
  "LedgerFounded", "LogKeyRotated", "PersonRegistered", "IncumbentAppointed", "DeputyAppointed",
  "IncumbencyEnded", "DeputationEnded", "KeyEnrolled", "KeyRevoked", "IdentityErased",
  "VersionPublished", "VersionCameIntoForce",
]);

// What bundle.json says was left out of an entry must be, and nothing else may be missing unsaid.
function leftOut(about, entry, open, missing) {
  const rests = open.events.some((event) => foundation.has(event));
  for (const { label } of entry.sealed ?? []) {
    const said = about.redacted.includes(label) && (label === "identity" || !rests);
    need(!said, `bundle.json says that ${label} was left out, and entry ${entry.seq} has it`);
  }
  for (const label of entry.context ? [] : missing) {
    const said = label === "identity" || about.redacted.includes(label);
    need(said, `the part ${label} of entry ${entry.seq} is missing, and not said to be left out`);
  }
}

// Every head that a signer quotes must be proved to be one of this log.
function quoted(statement, seq, heads) {
  const found = /^checkpoint: (\d+) ([0-9a-f]{64})$/m.exec(statement);
  const known = !found || heads.has(`${found[1]} ${found[2]}`);
  need(known, `seen.jsonl lacks a head that a signer had seen, in entry ${seq}`);
  return Boolean(found);
}

// The files that every bundle has.
const own = new Set([
  "bundle.json", "checkpoint", "log.vkey", "entries.jsonl", "seen.jsonl", "allowed_signers",
  "README.txt", "policy/schema.cedarschema",
]);

// The files for use by hand say what the entries say.
function derived(files, byHand) {
  for (const [name, content] of byHand) {
    const fits = files.has(name) && same(files.get(name), utf8(content));
    need(fits, `the file ${name} is missing, or not what the entries give`);
  }
  for (const name of files.keys()) {
    const known = own.has(name) || byHand.has(name) || name === "stated.jsonl";
    need(known || name.startsWith("policy/"), `the file ${name} is none of a bundle's`);
  }
}

// Everything; gives what was found.
export async function verify(bytes) {
  const files = unpack(bytes);
  for (const name of own) need(files.has(name), `the file ${name} is missing`);
  const read = (name) => text.decode(files.get(name));
  const lines = (name) => read(name).split("\n").filter(Boolean).map((line) => JSON.parse(line));
  const about = JSON.parse(read("bundle.json"));
  const vkey = read("log.vkey").trim();
  const log = await head(read("checkpoint"), vkey);
  const allowed = read("allowed_signers").trim().split("\n");
  const [leaves, told, byHand, withheld] = [[], [], new Map(), new Map()];
  const heads = new Set([`0 ${hex(await sha())}`, `${log.size} ${hex(log.root)}`]);
  for (const seen of lines("seen.jsonl")) {
    await extended(seen, log);
    heads.add(`${seen.size} ${hex(b64(seen.root))}`);
  }
  let [signatures, software, after, bodies, index] = [0, 0, 0, 0, ""];
  for (const entry of lines("entries.jsonl")) {
    const open = JSON.parse(entry.open);
    need(open.seq === entry.seq && open.ledger === about.ledger, `entry ${entry.seq} is another`);
    const leaf = await sha(Uint8Array.of(0), utf8(entry.open));
    leaves.push(leaf);
    if (!about.whole) await included(leaf, entry.seq, log, entry.path.map(b64));
    const seals = new Map(open.sealed.map((seal) => [seal.label, seal.digest]));
    if (entry.body) {
      const found = await sha(utf8("countersign body 1\n"), b64(entry.body.salt), b64(entry.body.bytes));
      need(hex(found) === open.body, `the body of entry ${entry.seq} is not its own`);
    }
    for (const part of entry.sealed ?? []) {
      const lead = utf8(`countersign sealed 1\n${part.label}\n`);
      const found = hex(await sha(lead, b64(part.salt), utf8(part.text)));
      need(seals.get(part.label) === found, `a part of entry ${entry.seq} is not its own`);
      seals.delete(part.label);
      if (part.label !== "deliberation" || open.outcome !== "accepted") continue;
      for (const [place, signed] of (JSON.parse(part.text).statements ?? []).entries()) {
        const kind = field(signed.text, "kind");
        const signer = field(signed.text, "signer");
        const key = await signedBy(signed.text, signed.signature, `${kind}@countersign`);
        const claimed = kind === "enrolment" ? [signer, field(signed.text, "person")] : [signer];
        const at = stamp(open.time);
        const who = claimed.find((person) => mayHaveSigned(allowed, [person], key, at));
        need(who, `the ${kind} in entry ${entry.seq} is not by a key of ${signer}`);
        signatures += 1;
        software += key.startsWith("sk-") ? 0 : 1;
        after += quoted(signed.text, entry.seq, heads) ? 1 : 0;
        const name = `statements/${String(entry.seq).padStart(8, "0")}-${place}-${kind}.txt`;
        byHand.set(name, signed.text).set(`${name}.sig`, signed.signature);
        index += `${name}\t${who}\t${kind}@countersign\t${at}\n`;
        if (kind === "decision") {
          const [decision, request] = [field(signed.text, "decision"), field(signed.text, "request")];
          const office = field(signed.text, "office");
          told.push(`${open.time}: ${signer} (${office}) ${decision} ${request}`);
        }
      }
    }
    leftOut(about, entry, open, seals.keys());
    if (entry.context) continue;
    for (const label of seals.keys()) withheld.set(label, (withheld.get(label) ?? 0) + 1);
    bodies += entry.body ? 0 : 1;
  }
  const whole = !about.whole || (leaves.length === log.size && same(await tree(leaves), log.root));
  need(whole, "entries are missing");
  derived(files, byHand.set("statements.tsv", index));
  const others = read("checkpoint").split("\n").filter((line) => line.startsWith("\u2014 "));
  const claimed = others.map((line) => line.split(" ")[1]).filter((name) => name !== log.origin);
  const counted = { entries: leaves.length, signatures, software, after, bodies };
  return { about, log, vkey, told, withheld, claimed, stated: files.has("stated.jsonl"), ...counted };
}

// The same headings as the program has, each with its lines; `words` has a text for each, in which
// a number in braces stands for a value.
export function report(found, words) {
  const { about, log } = found;
  const say = (name, ...values) => values.reduce(
    (told, value, place) => told.replace(`{${place}}`, () => String(value)), words[name],
  );
  const all = about.whole && about.redacted.length === 0;
  const left = [...found.withheld].map(([label, count]) => {
    const erased = label === "identity" && !about.redacted.includes(label);
    return say(erased ? "erased" : "redacted", count, label);
  });
  const unproved = [
    [true, say("compare", found.vkey)],
    [found.claimed.length === 0, say("uncosigned")],
    [found.claimed.length > 0, say("cosigned", found.claimed.join(", "))],
    [!all, say("later")],
    [true, say("policy")],
    [found.stated, say("stated")],
    [found.software > 0, say("software", found.software)],
  ];
  return [
    [say("proved"), [
      say("entries", found.entries, log.size, hex(log.root)),
      ...(found.signatures > 0 ? [say("signatures", found.signatures)] : []),
      ...(found.after > 0 ? [say("after", found.after)] : []),
      ...found.told,
    ]],
    [say("without"), [...left, ...(found.bodies > 0 ? [say("bodies", found.bodies)] : [])]],
    [say("not"), unproved.filter(([holds]) => holds).map(([, line]) => line)],
  ];
}

const chosen = globalThis.document?.getElementById("bundle");
const result = globalThis.document?.getElementById("result");

function named(kind, words) {
  const made = document.createElement(kind);
  made.textContent = words;
  return made;
}

function tell(state, heading, lines, groups = []) {
  result.dataset.state = state;
  const listed = (items) => {
    const list = document.createElement("ul");
    list.append(...items.map((item) => named("li", item)));
    return list;
  };
  const told = groups.filter(([, items]) => items.length > 0);
  result.replaceChildren(
    named("h3", heading),
    ...(lines.length > 0 ? [listed(lines)] : []),
    ...told.flatMap(([title, items]) => [named("h4", title), listed(items)]),
  );
}

chosen?.addEventListener("change", async () => {
  const words = result.dataset;
  const [file] = chosen.files;
  if (!file) return;
  tell("busy", words.busy, []);
  try {
    const found = await verify(new Uint8Array(await file.arrayBuffer()));
    const of = `${found.about.of}, ${found.about.origin}`;
    const lines = found.about.exercise ? [words.exercise, of] : [of];
    tell("holds", words.holds, lines, report(found, words));
  } catch (error) {
    tell("broken", words.broken, [error instanceof Error ? error.message : String(error)]);
  }
});
