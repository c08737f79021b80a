"""Reads a whole ledger over HTTP and believes nothing of it, with nothing but Python's standard library.

    python3 read_ledger.py LEDGER_URL VKEY [OLDER_CHECKPOINT_FILE]...

Checks the signature of the checkpoint, computes its root from the entries, every tile from the entries, the root of every older
checkpoint from the entries that it covers, and replays the entries: no edition beyond its cap, no number twice, no holder beyond
the limit, no ticket used twice. Prints what they say as JSON and exits with 0, or says the first thing that is wrong and exits with 1.
Written from RFC 6962, the texts of c2sp.org (signed-note, tlog-checkpoint, tlog-tiles) and the table of entries, not from the press.
"""

import gzip
import hashlib
import json
import os
import sys
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "verifier"))
from verify_recorded import open_note, read_checkpoint, read_vkey  # noqa: E402

WIDTH = 256


def require(condition, complaint):
    if not condition:
        sys.exit(complaint)


def get(url, content_type):
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept-Encoding": "gzip"}), timeout=30) as answer:
        require(answer.headers["Content-Type"] == content_type, f"{url} is {answer.headers['Content-Type']}")
        body = answer.read()
        return gzip.decompress(body) if answer.headers["Content-Encoding"] == "gzip" else body


def tile_paths(count):
    """Index, width and path of each tile that holds so many hashes, or bundle of so many entries."""
    for index in range((count + WIDTH - 1) // WIDTH):
        width = min(WIDTH, count - index * WIDTH)
        digits = str(index)
        groups = [digits.zfill(-(-len(digits) // 3) * 3)[start : start + 3] for start in range(0, len(digits), 3)]
        path = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        yield index, width, path if width == WIDTH else f"{path}.p/{width}"


def parse_bundle(bundle):
    entries = []
    while bundle:
        length = int.from_bytes(bundle[:2], "big")
        require(len(bundle) >= 2 + length, "a bundle ends within an entry")
        entries.append(bundle[2 : 2 + length])
        bundle = bundle[2 + length :]
    return entries


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def root(hashes):
    """MTH of RFC 6962, 2.1, from the hashes of the leaves: the largest power of two goes to the left."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return node(root(hashes[:split]), root(hashes[split:]))


def read_entries(url, size):
    entries = []
    for _, width, path in tile_paths(size):
        bundle = parse_bundle(get(f"{url}/tile/entries/{path}", "application/octet-stream"))
        require(len(bundle) == width, f"the bundle {path} has {len(bundle)} entries")
        entries += bundle
    return entries


def check_tiles(url, hashes):
    """The hashes of a level are the roots of the full tiles of the level beneath."""
    level = 0
    while hashes:
        for index, width, path in tile_paths(len(hashes)):
            tile = get(f"{url}/tile/{level}/{path}", "application/octet-stream")
            expected = b"".join(hashes[index * WIDTH : index * WIDTH + width])
            require(tile == expected, f"the tile {level}/{path} is not of these entries")
        full = len(hashes) // WIDTH
        hashes = [root(hashes[index * WIDTH : (index + 1) * WIDTH]) for index in range(full)]
        level += 1


class Edition:
    def __init__(self, opened):
        self.slug, self.cap, self.limit = opened["edition"], opened["cap"], opened["per_holder_limit"]
        self.issued, self.holders, self.redeemed, self.revoked = {}, {}, [], []
        self.is_closed = False

    def require(self, condition, complaint):
        require(condition, f"the edition {self.slug} {complaint}")

    def issue(self, entry):
        number, holder = entry["ticket_number"], entry["holder"]
        self.require(not self.is_closed, "has issued after it had closed")
        self.require(1 <= number <= self.cap, f"has a ticket {number} of {self.cap}")
        self.require(number not in self.issued, f"has issued number {number} twice")
        self.issued[number] = entry
        self.holders[holder] = self.holders.get(holder, 0) + 1
        self.require(self.holders[holder] <= self.limit, f"has given {holder} more than {self.limit}")

    def end(self, entry, ended):
        number = entry["ticket_number"]
        is_issued = number in self.issued and self.issued[number]["ticket_id"] == entry["ticket_id"]
        self.require(is_issued, f"has ended the ticket {number}, which it never issued")
        self.require(number not in self.redeemed and number not in self.revoked, f"has ended the ticket {number} twice")
        ended.append(number)

    def close(self, entry):
        lines = "".join(f"{number} {self.issued[number]['envelope_hash']}\n" for number in sorted(self.issued))
        self.require(not self.is_closed, "has closed twice")
        self.require(entry["issued_count"] == len(self.issued), "has another count of tickets than it says")
        self.require(entry["entries_hash"] == hashlib.sha256(lines.encode()).hexdigest(), "has other tickets than it says")
        # All are signed by now.
        self.require(sorted(self.issued) == list(range(1, len(self.issued) + 1)), "has a gap in its numbers")
        self.is_closed = True

    def summary(self):
        return {
            "cap": self.cap,
            "numbers": sorted(self.issued),
            "holders": self.holders,
            "redeemed": sorted(self.redeemed),
            "revoked": sorted(self.revoked),
            "is_closed": self.is_closed,
        }


def replay(entries):
    """What the entries alone say, in their order. Types that are not about editions and tickets are for others to read."""
    editions, ticket_ids = {}, set()
    for text in entries:
        entry = json.loads(text)
        kind, slug = entry["type"], entry.get("edition")
        if kind == "edition.opened":
            require(slug not in editions, f"the edition {slug} was opened twice")
            editions[slug] = Edition(entry)
            continue
        if kind not in ("edition.closed", "ticket.issued", "ticket.redeemed", "ticket.revoked"):
            continue
        require(slug in editions, f"there is {kind} of {slug}, which was never opened")
        edition = editions[slug]
        if kind == "edition.closed":
            edition.close(entry)
        elif kind == "ticket.issued":
            require(entry["ticket_id"] not in ticket_ids, f"the id {entry['ticket_id']} was given twice")
            ticket_ids.add(entry["ticket_id"])
            edition.issue(entry)
        else:
            edition.end(entry, edition.redeemed if kind == "ticket.redeemed" else edition.revoked)
    return {slug: edition.summary() for slug, edition in editions.items()}


def main(url, vkey, *older_paths):
    name, key_id, public_key = read_vkey(vkey)

    def checkpoint_of(note):
        return read_checkpoint(open_note(note.decode(), name, key_id, public_key), name)

    size, signed_root = checkpoint_of(get(f"{url}/checkpoint", "text/plain; charset=utf-8"))
    entries = read_entries(url, size)
    hashes = [hashlib.sha256(b"\0" + entry).digest() for entry in entries]
    require(root(hashes) == signed_root, "the entries are not those of the checkpoint")
    check_tiles(url, hashes)
    for path in older_paths:
        with open(path, "rb") as file:
            older_size, older_root = checkpoint_of(file.read())
        is_prefix = 1 <= older_size <= size and root(hashes[:older_size]) == older_root
        require(is_prefix, f"{path} is of another history")
    print(json.dumps({"size": size, "root": signed_root.hex(), "editions": replay(entries)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
