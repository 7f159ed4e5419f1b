"""A log, an auditor and a client of witnesses, written from the specifications alone: C2SP
signed-note, tlog-checkpoint, tlog-cosignature, tlog-witness, tlog-tiles and tlog-proof, RFC 6962 and
RFC 8032. It shares nothing with the program under test and needs nothing but Python.

    foreign.py paces URL WITNESS-VKEY      run a witness that watches LOG through its paces
    foreign.py log-vkey                    print the key of LOG
    foreign.py export DIR LOG-VKEY         check an exported log
    foreign.py proof FILE ENTRY LOG-VKEY [WITNESS-VKEY…]
"""

import base64
import hashlib
import os
import sys
import time
import urllib.error
import urllib.request

# --- Ed25519, after the code in RFC 8032, section 6 ------------------------------------------------

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT = pow(2, (P - 1) // 4, P)


def sha512(data):
    return int.from_bytes(hashlib.sha512(data).digest(), "little")


def add(a, b):
    w, x = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    y, z = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = x - w, z - y, z + y, x + w
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(scalar, point):
    total = (0, 1, 1, 0)
    while scalar > 0:
        if scalar & 1:
            total = add(total, point)
        point = add(point, point)
        scalar >>= 1
    return total


def same(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def recover(y, sign):
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if x2 == 0:
        return None if sign else 0
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P != 0:
        x = x * SQRT % P
    if (x * x - x2) % P != 0:
        return None
    return P - x if (x & 1) != sign else x


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = recover(BASE_Y, 0)
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def compress(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | ((x & 1) << 255)).to_bytes(32, "little")


def decompress(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    x = recover(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


def expand(secret):
    digest = hashlib.sha512(secret).digest()
    a = int.from_bytes(digest[:32], "little")
    return (a & ((1 << 254) - 8)) | (1 << 254), digest[32:]


def public(secret):
    return compress(times(expand(secret)[0], BASE))


def sign(secret, message):
    a, prefix = expand(secret)
    own = compress(times(a, BASE))
    r = sha512(prefix + message) % Q
    point = compress(times(r, BASE))
    h = sha512(point + own + message) % Q
    return point + ((r + h * a) % Q).to_bytes(32, "little")


def verify(key, message, signature):
    a, r = decompress(key), decompress(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= Q or len(signature) != 64:
        return False
    h = sha512(signature[:32] + key + message) % Q
    return same(times(s, BASE), add(r, times(h, a)))


# --- Merkle trees: RFC 6962, section 2.1, as it is written -------------------------------------------


def leaf(data):
    return hashlib.sha256(b"\0" + data).digest()


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def half(n):
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(leaves):
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = half(len(leaves))
    return node(mth(leaves[:k]), mth(leaves[k:]))


def subproof(m, leaves, known):
    n = len(leaves)
    if m == n:
        return [] if known else [mth(leaves)]
    k = half(n)
    if m <= k:
        return subproof(m, leaves[:k], known) + [mth(leaves[k:])]
    return subproof(m - k, leaves[k:], False) + [mth(leaves[:k])]


def consistency(m, leaves):
    return subproof(m, leaves, True) if 0 < m < len(leaves) else []


def root_from(index, size, hash_, path):
    """The root that an inclusion proof leads to, by the definition of PATH, from the top."""
    if size == 1:
        assert not path, "the proof is too long"
        return hash_
    assert path, "the proof is too short"
    k = half(size)
    if index < k:
        return node(root_from(index, k, hash_, path[:-1]), path[-1])
    return node(path[-1], root_from(index - k, size - k, hash_, path[:-1]))


# --- Notes -----------------------------------------------------------------------------------------


def b64(data):
    return base64.b64encode(data).decode()


def key_id(name, kind, key):
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:4]


def vkey(name, kind, key):
    return f"{name}+{key_id(name, kind, key).hex()}+{b64(bytes([kind]) + key)}"


def read_vkey(text):
    name, hash_, key = text.split("+", 2)
    data = base64.b64decode(key, validate=True)
    assert key_id(name, data[0], data[1:]).hex() == hash_, "the vkey is not whole"
    return name, data[0], data[1:]


def signatures(note):
    """The text of a note, and its signatures as (name, key id, signature)."""
    place = note.rindex("\n\n")
    text, lines = note[: place + 1], note[place + 2 :]
    assert lines.endswith("\n")
    found = []
    for line in lines[:-1].split("\n"):
        dash, name, data = line.split(" ")
        assert dash == "\u2014"
        data = base64.b64decode(data, validate=True)
        found.append((name, data[:4], data[4:]))
    return text, found


def signed_by(note, verifier):
    """How often a key signed a note; a signature of its own that does not hold is an error."""
    name, kind, key = read_vkey(verifier)
    text, found = signatures(note)
    times_ = []
    for other, id_, signature in found:
        if (other, id_) != (name, key_id(name, kind, key)):
            continue
        message = text.encode()
        if kind == 4:
            seconds = int.from_bytes(signature[:8], "big")
            message = f"cosignature/v1\ntime {seconds}\n".encode() + message
            signature = signature[8:]
            times_.append(seconds)
        else:
            times_.append(0)
        assert verify(key, message, signature), f"the signature of {name} does not hold"
    return times_


def checkpoint(note):
    text = signatures(note)[0].split("\n")
    assert len(text) == 4 and text[3] == "", "there are extension lines"
    return text[0], int(text[1]), base64.b64decode(text[2], validate=True)


# --- A log of our own --------------------------------------------------------------------------------

ORIGIN = "foreign.example/log"
SECRET = hashlib.sha256(b"the foreign log").digest()
LOG = vkey(ORIGIN, 1, public(SECRET))


def history(size, fork=None):
    return [
        leaf(f"{'fork' if fork is not None and i >= fork else 'main'} {i}".encode())
        for i in range(size)
    ]


def note(size, root, secret=SECRET, origin=ORIGIN):
    text = f"{origin}\n{size}\n{b64(root)}\n"
    line = b64(key_id(origin, 1, public(secret)) + sign(secret, text.encode()))
    return f"{text}\n\u2014 {origin} {line}\n"


def body(old, proof, signed):
    return f"old {old}\n" + "".join(b64(h) + "\n" for h in proof) + "\n" + signed


def grown(old, leaves):
    return body(old, consistency(old, leaves), note(len(leaves), mth(leaves)))


# --- The paces ---------------------------------------------------------------------------------------


def paces(url, witness):
    def post(data, method="POST"):
        data = data.encode() if isinstance(data, str) else data
        request = urllib.request.Request(f"{url}/add-checkpoint", data=data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.headers.get_content_type(), answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers.get_content_type(), error.read().decode()
        except (urllib.error.URLError, ConnectionError) as error:
            # Whoever is told early that a body is too long may not get to read the answer.
            assert len(data) > 1_000_000, error
            return 413, "", ""

    def expect(what, data, status, says=None):
        code, kind, text = post(data)
        assert code == status, f"{what}: {code} {text!r}, not {status}"
        if says is not None:
            assert (kind, text) == ("text/x.tlog.size", f"{says}\n"), f"{what}: {kind} {text!r}"
        elif status == 409:
            assert kind != "text/x.tlog.size", f"{what}: {kind} {text!r}"
        print(f"ok {status} {what}")
        return text

    def cosigned(what, data):
        lines = expect(what, data, 200)
        signed = data.split("\n\n", 1)[1]
        times_ = signed_by(signed + lines, witness)
        assert len(times_) == 1, f"{what}: {lines!r}"
        assert abs(times_[0] - time.time()) < 600, f"{what}: at {times_[0]}"
        assert lines.startswith("\u2014 ") and lines.endswith("\n") and lines.count("\n") == 1

    main = history(300)
    empty = mth([])
    cosigned("an empty log", body(0, [], note(0, empty)))
    expect("an empty log with another root", body(0, [], note(0, leaf(b""))), 400)
    cosigned("its first entries", grown(0, main[:5]))
    cosigned("the same again", grown(5, main[:5]))
    cosigned("more", grown(5, main[:8]))
    cosigned("from a power of two", grown(8, main[:100]))
    expect("from 0", grown(0, main[:200]), 409, 100)
    expect("from before", grown(8, main[:200]), 409, 100)
    expect("from beyond", grown(150, main[:200]), 409, 100)
    expect("an earlier size", grown(8, main[:50]), 409, 100)
    expect("an old size beyond the checkpoint", body(300, [], note(200, mth(main[:200]))), 400)
    forked = history(200, 50)
    expect("another root at the same size", body(100, [], note(100, mth(forked[:100]))), 409)
    expect("a fork", grown(100, forked), 422)
    proof = consistency(100, main[:200])
    signed = note(200, mth(main[:200]))
    expect("no proof", body(100, [], signed), 422)
    expect("a proof that is too short", body(100, proof[:-1], signed), 422)
    expect("a proof that is too long", body(100, proof + [empty], signed), 422)
    expect("a proof out of order", body(100, proof[::-1], signed), 422)
    expect("a proof for the same size", body(100, [empty], note(100, mth(main[:100]))), 422)
    expect("an unknown log", body(0, [], note(5, mth(main[:5]), SECRET, "other.example")), 404)
    other = hashlib.sha256(b"another key").digest()
    expect("another key", body(100, proof, note(200, mth(main[:200]), other)), 403)
    both = signed + signatures_line(note(200, mth(main[:200]), other))
    forged = signed.replace(f"\n200\n", "\n201\n", 1)
    expect("a text that was not signed", body(100, proof, forged), 403)
    for what, bad in [
        ("nothing", ""),
        ("no old size", grown(100, main[:200]).split("\n", 1)[1]),
        ("a leading zero", grown(100, main[:200]).replace("old 100", "old 0100", 1)),
        ("a sign", grown(100, main[:200]).replace("old 100", "old +100", 1)),
        ("no empty line", grown(100, main[:200]).replace("\n\n", "\n", 1)),
        ("a hash that is none", grown(100, main[:200]).replace(b64(proof[0]), "AAAA", 1)),
        ("64 hashes", body(100, [empty] * 64, signed)),
        ("no signature", f"old 100\n\n{signatures(signed)[0]}"),
        ("carriage returns", grown(100, main[:200]).replace("\n", "\r\n")),
        ("no last line end", grown(100, main[:200])[:-1]),
        ("bytes that are no text", b"old 100\n\xff\n\n" + signed.encode()),
    ]:
        expect(what, bad, 400)
    expect("63 hashes that prove nothing", body(100, [empty] * 63, signed), 422)
    cosigned("a signature by an unknown key beside it", body(100, proof, both))
    cosigned("the rest", grown(200, main))
    code = post(None, "GET")[0]
    assert code == 405, f"GET: {code}"
    code = post("x" * 2_000_000)[0]
    assert code == 413, f"2 MB: {code}"
    print("all paces done")


def signatures_line(signed):
    return signed.split("\n\n", 1)[1]


# --- Auditing what was written -----------------------------------------------------------------------


def tile_path(kind, index, width):
    digits = f"{index:03}"
    while len(digits) % 3:
        digits = "0" + digits
    groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    path = "/".join(["x" + group for group in groups[:-1]] + groups[-1:])
    return f"tile/{kind}/{path}" + (f".p/{width}" if width < 256 else "")


def export(folder, log):
    def read(path):
        with open(os.path.join(folder, path), "rb") as file:
            return file.read()

    signed = read("checkpoint").decode()
    assert signed_by(signed, log), "the log has not signed the checkpoint"
    origin, size, root = checkpoint(signed)
    assert origin == read_vkey(log)[0]
    seen = {"checkpoint"}
    leaves = []
    for index in range((size + 255) // 256):
        width = min(256, size - index * 256)
        path = tile_path("entries", index, width)
        seen.add(path)
        data = read(path)
        for _ in range(width):
            length = int.from_bytes(data[:2], "big")
            leaves.append(leaf(data[2 : 2 + length]))
            assert len(data) >= 2 + length
            data = data[2 + length :]
        assert not data, f"{path} goes on"
    assert mth(leaves) == root, "the entries do not give the root"
    level, hashes = 0, leaves
    while hashes:
        for index in range((len(hashes) + 255) // 256):
            part = hashes[index * 256 : index * 256 + 256]
            path = tile_path(level, index, len(part))
            seen.add(path)
            assert read(path) == b"".join(part), f"{path} has other hashes"
        full = len(hashes) // 256
        hashes = [mth(hashes[i * 256 : i * 256 + 256]) for i in range(full)]
        level += 1
    print(f"{size} entries of {origin} in {len(seen)} files")


def proof(path, entry, log, *witnesses):
    text = open(path, encoding="utf-8", newline="").read()
    head, signed = text.split("\n\n", 1)
    lines = head.split("\n")
    assert lines.pop(0) == "c2sp.org/tlog-proof@v1"
    if lines[0].startswith("extra "):
        lines.pop(0)
    index = int(lines.pop(0).removeprefix("index "))
    path_ = [base64.b64decode(line, validate=True) for line in lines]
    assert signed_by(signed, log), "the log has not signed the checkpoint"
    for witness in witnesses:
        assert signed_by(signed, witness), f"{witness} has not cosigned"
    origin, size, root = checkpoint(signed)
    data = open(entry, "rb").read()
    assert root_from(index, size, leaf(data), path_) == root, "the entry is not in the log"
    print(f"entry {index} of {size} in {origin}, cosigned by {len(witnesses)}")


if __name__ == "__main__":
    command, arguments = sys.argv[1], sys.argv[2:]
    if command == "log-vkey":
        print(LOG)
    else:
        {"paces": paces, "export": export, "proof": proof}[command](*arguments)
