#!/usr/bin/env python3
"""Checks evidence from Countersign with nothing but Python, ssh-keygen and openssl:
    python3 verify-evidence.py BUNDLE.zip|FOLDER [--log-key VKEY]
It shares no code with Countersign: entries in the log, parts in their entries, what is said to be left out,
heads that signers had seen, signatures by keys enrolled then, the files for use by hand that follow. Policy
is asked again by `countersign evidence verify` only. Exit codes: 0 all holds, 3 something does not, 2 usage."""
import base64, hashlib, json, os, pathlib, re, subprocess, sys, tempfile, zipfile
from datetime import datetime, timezone
FOUNDATION = set("LedgerFounded LogKeyRotated PersonRegistered IncumbentAppointed DeputyAppointed KeyEnrolled KeyRevoked "
    "IncumbencyEnded DeputationEnded IdentityErased VersionPublished VersionCameIntoForce".split())
PROOF = set("bundle.json checkpoint log.vkey entries.jsonl seen.jsonl allowed_signers README.txt "
            "policy/schema.cedarschema".split())
class Broken(Exception): pass
def need(holds, what):
    if not holds: raise Broken(what)
def sha(*parts): return hashlib.sha256(b"".join(parts)).digest()
def files_of(path):
    if os.path.isdir(path):
        found = (p for p in pathlib.Path(path).rglob("*") if p.is_file())
        return {p.relative_to(path).as_posix(): p.read_bytes() for p in found}
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        stored = all(info.compress_type == zipfile.ZIP_STORED for info in infos)
        need(stored and len(set(archive.namelist())) == len(infos), "a file in it is compressed, or there twice")
        return {info.filename: archive.read(info) for info in infos}
def good(command, **more): return subprocess.run(command, capture_output=True, **more).returncode == 0

def checkpoint(note, vkey, scratch):  # C2SP signed-note, tlog-checkpoint
    name, key_id, key = vkey.split("+", 2)
    key = base64.b64decode(key, validate=True)
    need(key[:1] == b"\x01" and len(key) == 33, "the log's key is not Ed25519")
    need(sha(name.encode(), b"\n", key)[:4].hex() == key_id, "the log's key has another hash")
    (text, signatures), by_log = note.split("\n\n", 1), False
    for line in signatures.splitlines():
        dash, signer, value = line.split(" ")
        value = base64.b64decode(value, validate=True)
        need(dash == "\u2014", "a signature line of the checkpoint is malformed")
        if signer == name and value[:4].hex() == key_id:
            der = bytes.fromhex("302a300506032b6570032100") + key[1:]
            for file, content in [("k", der), ("t", text.encode() + b"\n"), ("s", value[4:])]:
                (scratch / file).write_bytes(content)
            by_log = good(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "k",
                           "-rawin", "-in", "t", "-sigfile", "s"], cwd=scratch)
            need(by_log, "the log's signature does not match its checkpoint")
    need(by_log, "the checkpoint is not signed by the log")
    origin, size, root = text.splitlines()
    need(origin == name, "the checkpoint is of another log")
    return int(size), base64.b64decode(root)
def climb(place, last, path):  # RFC 9162, 2.1.3.2 and 2.1.4.2: each hash, and whether it is to the left
    for step in path:
        need(last > 0, "a path is too long")
        left = bool(place & 1) or place == last
        yield step, left
        while left and not place & 1 and place: place, last = place >> 1, last >> 1
        place, last = place >> 1, last >> 1
    need(last == 0, "a path is too short")
def inclusion(leaf, index, size, path):
    need(index < size, "an entry lies beyond the log")
    for step, left in climb(index, size - 1, path): leaf = sha(b"\1", *((step, leaf) if left else (leaf, step)))
    return leaf
def consistency(old, new, old_root, root, path):
    if old in (0, new):
        return need(not path and old_root == (sha() if old == 0 else root), "a head is not its own")
    need(old < new, "a head is longer than the log")
    path = ([old_root] if old & (old - 1) == 0 else []) + path
    place, last = old - 1, new - 1
    while place & 1: place, last = place >> 1, last >> 1
    need(path, "a head's proof is empty")
    before = after = path[0]
    for step, left in climb(place, last, path[1:]):
        before = sha(b"\1", step, before) if left else before
        after = sha(b"\1", step, after) if left else sha(b"\1", after, step)
    need(before == old_root and after == root, "the log does not extend a head")
def tree(leaves):  # RFC 6962, 2.1
    while len(leaves) > 1:
        pairs = (leaves[i:i + 2] for i in range(0, len(leaves), 2))
        leaves = [sha(b"\1", *pair) if len(pair) == 2 else pair[0] for pair in pairs]
    return leaves[0] if leaves else sha()
def seconds(text): return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
def stamp(at): return datetime.fromtimestamp(at, timezone.utc).strftime("%Y%m%d%H%M%SZ")
def field(text, key): return next(l[len(key) + 2:] for l in text.splitlines() if l.startswith(key + ": "))

def verify(path, given):
    files, b64 = files_of(path), base64.b64decode
    for name in PROOF: need(name in files, f"the file {name} is missing")
    text = lambda name: files[name].decode("utf-8")
    lines = lambda name: [json.loads(line) for line in text(name).splitlines()]
    about, vkey, entries = json.loads(text("bundle.json")), text("log.vkey").strip(), lines("entries.jsonl")
    need(given in (None, vkey), "the bundle is from another log than the one given")
    need(about["origin"] == vkey.split("+")[0], "the origin is not that of the log's key")
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        size, root = checkpoint(text("checkpoint"), vkey, scratch)
        leaves, withheld, opened, signed, heads = [], {}, {}, [], {(0, sha()), (size, root)}
        for entry in entries:
            seq, part = entry["seq"], json.loads(entry["open"])
            opened[seq], leaf = part, sha(b"\0", entry["open"].encode())
            leaves.append(leaf)
            need(part["seq"] == seq and part["ledger"] == about["ledger"], f"entry {seq} is another")
            path = () if about["whole"] else [b64(step) for step in entry["path"]]
            need(about["whole"] or inclusion(leaf, seq, size, path) == root, f"entry {seq} is not in the log")
            seals = {seal["label"]: seal["digest"] for seal in part["sealed"]}
            left = {x for x in about["redacted"] if x == "identity" or not FOUNDATION & set(part["events"])}
            body = [b64(entry["body"][name]) for name in ("salt", "bytes")] if "body" in entry else None
            need(not body or sha(b"countersign body 1\n", *body).hex() == part["body"], f"entry {seq}: its body")
            for sealed in entry.get("sealed", []):
                label, content = sealed["label"], sealed["text"].encode()
                found = sha(b"countersign sealed 1\n", label.encode(), b"\n", b64(sealed["salt"]), content)
                need(seals.pop(label, None) == found.hex(), f"entry {seq}: a part is not its own")
                need(label not in left, f"entry {seq}: its part {label} is here, and is said to be left out")
                if label == "deliberation" and part["outcome"] == "accepted":
                    for one in json.loads(content).get("statements", []):
                        signed.append((seq, part["time"], one["text"], one["signature"]))
            for label in seals if not entry.get("context") else ():
                need(label in {"identity", *about["redacted"]}, f"entry {seq}: its part {label} is missing")
                withheld[label] = withheld.get(label, 0) + 1
        one_each = len(opened) == len(entries) and list(opened) == [0, *sorted(opened)[1:]]
        need(one_each, "the founding is missing, or an entry is doubled or out of order")
        need(not about["whole"] or (len(leaves), tree(leaves)) == (size, root), "entries are missing")
        for head in lines("seen.jsonl"):
            heads.add((head["size"], b64(head["root"])))
            consistency(head["size"], size, b64(head["root"]), root, [b64(s) for s in head["path"]])
        for seq, _, quoted, _ in signed:
            for at, of in re.findall("^checkpoint: ([0-9]+) ([0-9a-f]{64})$", quoted, re.M):
                need((int(at), bytes.fromhex(of)) in heads, f"entry {seq}: seen.jsonl lacks a head that was seen")
        about_it = ".." in about["of"] or any(about["of"] in part["subjects"] for part in opened.values())
        need(re.fullmatch(r"[\w.-]+", about["of"]) and about_it, "no entry is about what this says it is of")
        print(f"{about['of']} from {about['origin']}: {len(entries)} entries are in its log of {size}.")
        need((field(signed[0][2], "exercise") == "yes") == about["exercise"], "exercise or not: not as founded")
        if about["exercise"]: print("EXERCISE: the ledger is an exercise.")
        by_hand = signatures(files, entries, opened, signed, scratch)
    for name in (set(files) | set(by_hand)) - PROOF - {"stated.jsonl"}:
        need(name in by_hand or name.startswith("policy/"), f"the file {name} is none of a bundle's")
        need(by_hand.get(name, files.get(name)) == files.get(name), f"the file {name} is not what the entries give")
    uses(entries, opened, signed)
    for label, count in withheld.items(): print(f"Left out: {count} parts that only {label} may see.")
    if given is None: print(f"Not proved: that this is the log you mean. Its key, to be compared: {vkey}")
    print("Not proved: what policy demanded; that nothing outside these entries bears on them; that others are "
          "shown the same log; until when keys of the founding count; README.txt, stated.jsonl and policy/.")

def signatures(files, entries, opened, signed, scratch):  # gives the files for use by hand that follow from them
    charter, enrolled, revoked = base64.b64decode(entries[0]["body"]["bytes"]), {}, {}
    for seq, time, text, _ in signed:
        if (kind := field(text, "kind")) == "enrolment":
            enrolled[field(text, "public-key")] = (field(text, "person"), time, field(text, "expires-on"))
        elif kind == "revocation": revoked[field(text, "key")] = seconds(time)
    for line in files["allowed_signers"].decode().splitlines():
        person, options, key = line.split(" ", 2)
        span = tuple(re.findall(r'valid-(?:after|before)="(\d{14}Z)"', options))
        of, since, until = enrolled.get(key, (person, opened[0]["time"], "9999-12-31T23:59:59.999Z"))
        declared = re.escape(person.encode()) + b".{1,2}" + re.escape(key.encode())
        need(key in enrolled or re.search(declared, charter, re.S), f"a key of {person} was never enrolled")
        print_of = "SHA256:" + base64.b64encode(sha(base64.b64decode(key.split()[1]))).decode().rstrip("=")
        last = stamp(-(-min(seconds(until), revoked.get(print_of, 1e12)) // 1) - 1)
        fits = span[1] == last or key not in enrolled and span[1] <= last
        need(of == person and span[0] == stamp(-(-seconds(since) // 1)) and fits, f"a key of {person}: its span")
    need(all(f" {key}\n" in files["allowed_signers"].decode() for key in enrolled), "allowed_signers lacks a key")
    (scratch / "allowed_signers").write_bytes(files["allowed_signers"])
    by_hand, index = {}, ""
    for seq, time, text, signature in signed:
        kind, signer, at = field(text, "kind"), field(text, "signer"), stamp(-(-seconds(time) // 1))
        (scratch / "sig").write_text(signature)
        claimed = [signer] + ([field(text, "person")] if kind == "enrolment" else [])
        command = ["ssh-keygen", "-Y", "verify", "-f", "allowed_signers", "-n", kind + "@countersign",
                   "-O", "verify-time=" + at, "-s", "sig", "-I"]
        who = next((who for who in claimed if good(command + [who], cwd=scratch, input=text.encode())), None)
        need(who, f"entry {seq}: the {kind} of {signer} is not signed by them")
        place = sum(name.startswith(f"statements/{seq:08}-") for name in by_hand) // 2
        name = f"statements/{seq:08}-{place}-{kind}.txt"
        by_hand |= {name: text.encode(), name + ".sig": signature.encode()}
        index += f"{name}\t{who}\t{kind}@countersign\t{at}\n"
        keys = ("office", "decision", "request", "quantity", "item", "provisos")
        if kind == "decision": print(f"Entry {seq}, {time}: {signer} for", *(field(text, key) for key in keys))
    print(f"{len(signed)} signatures are good by stock ssh-keygen, each at the moment of its entry.")
    return by_hand | {"statements.tsv": index.encode()}
def uses(entries, opened, signed):  # against what those who approved have left of the request
    most, used, request_of = {}, {}, {}
    for _, _, text, _ in signed:
        if field(text, "kind") == "decision" and field(text, "decision") == "approve":
            within = re.findall(r"quantity=(\d+)", field(text, "provisos")) + [field(text, "quantity")]
            most[field(text, "request")] = min(most.get(field(text, "request"), 10**12), *map(int, within))
    for entry, part in zip(entries, opened.values()):
        ids = {word[:4]: word for word in part["subjects"]}
        if "ReleaseIssued" in part["events"]: request_of[ids.get("REL-")] = ids.get("REQ-")
        for sealed in entry.get("sealed", []):
            if "UseReported" in part["events"] and sealed["label"] == "parties":
                used[ids["REL-"]] = used.get(ids["REL-"], 0) + json.loads(sealed["text"])["quantity"]
    for release, units in used.items():
        bound = most.get(request_of.get(release), units)
        if units > bound: print(f"BREACH: {units} units were used under {release}; {bound} were approved.")

if __name__ == "__main__":
    arguments = sys.argv[1:]
    key = arguments.pop(arguments.index("--log-key") + 1) if "--log-key" in arguments else None
    arguments = [a for a in arguments if a != "--log-key"]
    if len(arguments) != 1: sys.exit(print(__doc__) or 2)
    try: verify(arguments[0], key)
    except (Broken, LookupError, ValueError, TypeError, StopIteration, OSError, zipfile.BadZipFile) as error:
        sys.exit(print(f"It does not hold: {error}", file=sys.stderr) or 3)
