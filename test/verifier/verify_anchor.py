"""Verifies that a ledger's checkpoint is on a public chain, with nothing but Python's standard library.

    python3 verify_anchor.py VKEY ANCHOR_FILE...

Prints one line for each file, "mined", "carried" or the reason of the refusal, and exits with 1 if any was refused. Written
from the README of the SDK and the rules of Bitcoin's blocks, not from the SDK: it is the second opinion that the SDK is
tested against. Whether a block is one of the chain neither of them knows.
"""

import hashlib
import json
import re
import struct
import sys

from verify_recorded import Refused, included, read_vkey, require, utf16_length

ANCHOR_LENGTH_MAX = 21_000_000  # UTF-16 code units
HASH = r"[0-9a-f]{64}"


def hash256(data):
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def shown(data):
    """A hash as people write it."""
    return data[::-1].hex()


def has_form(value, pattern):
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


def is_count(value):
    return type(value) is int and 0 <= value < 2**53


def is_path(path):
    if not (isinstance(path, dict) and set(path) == {"hashes", "index"} and is_count(path["index"])):
        return False
    hashes = path["hashes"]
    return isinstance(hashes, list) and len(hashes) <= 32 and all(has_form(each, HASH) for each in hashes)


def is_block(block):
    return (
        isinstance(block, dict)
        and set(block) == {"hash", "header", "height", "merkle_path"}
        and has_form(block["hash"], HASH)
        and is_count(block["height"])
        and (block["header"] is None or has_form(block["header"], r"[0-9a-f]{160}"))
        and (block["merkle_path"] is None or is_path(block["merkle_path"]))
    )


def read_anchor(text):
    """The members, or None where the text is not the canonical form to the byte."""
    try:
        anchor = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(anchor, dict):
        return None
    if set(anchor) != {"block", "checkpoint", "proof", "transaction", "txid", "type"}:
        return None
    forms = (
        anchor["block"] is None or is_block(anchor["block"]),
        all(isinstance(anchor[name], str) and anchor[name] for name in ("checkpoint", "proof")),
        has_form(anchor["transaction"], r"([0-9a-f]{2})*"),
        has_form(anchor["txid"], HASH),
        anchor["type"] == "golden-press/anchor/v1",
    )
    if not all(forms):
        return None
    # Names are ASCII here, so that they sort by code points as by UTF-16 units; a lone surrogate is not written as it was escaped.
    written = json.dumps(anchor, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return anchor if written == text else None


class Bytes:
    def __init__(self, data):
        self.data, self.place = data, 0

    def take(self, length):
        require(self.place + length <= len(self.data))
        self.place += length
        return self.data[self.place - length : self.place]

    def count(self):
        first = self.take(1)[0]
        if first < 0xFD:
            return first
        require(first != 0xFF)
        size, least = (2, 0xFD) if first == 0xFD else (4, 0x10000)
        value = int.from_bytes(self.take(size), "little")
        require(value >= least)
        return value


def output_scripts(data):
    """The scripts of the outputs of what is one whole transaction."""
    rest = Bytes(data)
    rest.take(4)
    inputs = rest.count()
    require(inputs > 0)
    for _ in range(inputs):
        rest.take(36)
        rest.take(rest.count())
        rest.take(4)
    outputs = rest.count()
    require(outputs > 0)
    scripts = []
    for _ in range(outputs):
        rest.take(8)
        scripts.append(rest.take(rest.count()))
    rest.take(4)
    require(rest.place == len(data))
    return scripts


def is_transaction(data):
    try:
        output_scripts(data)
    except Refused:
        return False
    return True


def pushed(data):
    if len(data) < 0x4C:
        return bytes([len(data)]) + data
    for code, size in ((0x4C, 1), (0x4D, 2), (0x4E, 4)):
        if len(data) < 256**size:
            return bytes([code]) + len(data).to_bytes(size, "little") + data
    raise Refused


def check_header(header, block_hash):
    (bits,) = struct.unpack("<I", header[72:76])
    exponent, mantissa = bits >> 24, bits & 0x7FFFFF
    target = mantissa << 8 * (exponent - 3) if exponent >= 3 else mantissa >> 8 * (3 - exponent)
    require(bits & 0x800000 == 0 and 0 < target < 2**256)
    require(int.from_bytes(hash256(header), "little") <= target)
    require(shown(hash256(header)) == block_hash)


def check_path(txid, index, hashes, root):
    require(index < 2 ** len(hashes))
    node = bytes.fromhex(txid)[::-1]
    for level, text in enumerate(hashes):
        sibling = bytes.fromhex(text)[::-1]
        is_right = index >> level & 1
        require(not (is_right and sibling == node))
        pair = sibling + node if is_right else node + sibling
        require(not is_transaction(pair))
        node = hash256(pair)
    require(node == root)


def check_anchor(vkey, anchor):
    _, note = included(vkey, anchor["proof"])
    require(note == anchor["checkpoint"])
    raw = bytes.fromhex(anchor["transaction"])
    require(len(raw) != 64)
    scripts = output_scripts(raw)
    require(shown(hash256(raw)) == anchor["txid"])
    require(b"\x00\x6a" + pushed(b"golden-press") + pushed(note.encode()) in scripts)
    block = anchor["block"]
    if block is None or block["header"] is None:
        return "carried"
    header = bytes.fromhex(block["header"])
    check_header(header, block["hash"])
    if block["merkle_path"] is None:
        return "carried"
    check_path(anchor["txid"], block["merkle_path"]["index"], block["merkle_path"]["hashes"], header[36:68])
    return "mined"


def anchored(vkey, document):
    try:
        text = document.decode("utf-8")
    except UnicodeDecodeError:
        return "INVALID_INPUT"
    if utf16_length(text) > ANCHOR_LENGTH_MAX:
        return "INVALID_INPUT"
    anchor = read_anchor(text)
    if anchor is None:
        return "NOT_CANONICAL"
    try:
        return check_anchor(vkey, anchor)
    except (Refused, ValueError, RecursionError):
        return "PROOF_INVALID"


def main(vkey_text, *paths):
    vkey = read_vkey(vkey_text)
    answers = []
    for path in paths:
        with open(path, "rb") as document:
            answers.append(anchored(vkey, document.read()))
        print(f"{path}: {answers[-1]}")
    return 0 if answers and set(answers) <= {"carried", "mined"} else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
