"""Verifies that Golden Press tickets are recorded in its ledger, with nothing but Python's standard library.

    python3 verify_recorded.py PUBLIC_KEY_HEX VKEY ENVELOPE_FILE PROOF_FILE [ENVELOPE_FILE PROOF_FILE]...

Prints one line for each pair, "recorded" or the reason of the refusal, and exits with 1 if any was refused. Written from
RFC 6962 and the texts of c2sp.org (signed-note, tlog-checkpoint, tlog-proof), not from the SDK: it is the second opinion
that the SDK is tested against.
"""

import base64
import binascii
import hashlib
import json
import re
import sys

from verify_ticket import PATTERNS, canonical, is_real_day, is_signature_valid, verdict

PROOF_LENGTH_MAX = 360448  # UTF-16 code units
NOTE_LENGTH_MAX = 262144
SIGNATURE_COUNT_MAX = 64
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
ENTRY = {
    "at": PATTERNS["timestamp"],
    "edition": PATTERNS["edition"],
    "envelope_hash": r"[0-9a-f]{64}",
    "holder": UUID,
    "ticket_id": UUID,
    "type": r"ticket\.issued",
}


class Refused(Exception):
    pass


def require(condition):
    if not condition:
        raise Refused


def decode_base64(text):
    """Standard Base64 with its padding and without loose bits."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refused from None
    require(base64.b64encode(decoded).decode() == text)
    return decoded


def decode_hash(text):
    decoded = decode_base64(text)
    require(len(decoded) == 32)
    return decoded


def decode_number(text):
    require(re.fullmatch(r"0|[1-9][0-9]*", text, re.ASCII) and int(text) < 2**53)
    return int(text)


def utf16_length(text):
    return len(text.encode("utf-16-le")) // 2


def read_vkey(vkey):
    name, key_id, encoded = vkey.split("+", 2)
    typed = decode_base64(encoded)
    assert typed[0] == 1 and len(typed) == 33
    assert hashlib.sha256(name.encode() + b"\n" + typed).digest()[:4].hex() == key_id
    return name, bytes.fromhex(key_id), typed[1:]


def open_note(note, name, key_id, public_key):
    """The text of a signed note. Every signature by the key must be valid, and one must be there."""
    require(utf16_length(note) <= NOTE_LENGTH_MAX)
    require(not any(character < " " and character != "\n" for character in note))
    end = note.rfind("\n\n")
    require(end >= 0)
    text, block = note[: end + 1], note[end + 2 :]
    require(block.endswith("\n"))
    lines = block[:-1].split("\n")
    require(len(lines) <= SIGNATURE_COUNT_MAX)
    signatures = []
    for line in lines:
        parts = line.split(" ")
        require(len(parts) == 3 and parts[0] == "\u2014")
        require(parts[1] and "+" not in parts[1] and not any(character.isspace() for character in parts[1]))
        signature = decode_base64(parts[2])
        require(len(signature) > 4)
        if parts[1] == name and signature[:4] == key_id:
            signatures.append(signature[4:])
    require(signatures)
    for signature in signatures:
        require(len(signature) == 64 and is_signature_valid(public_key, text.encode(), signature))
    return text


def read_checkpoint(text, name):
    lines = text[:-1].split("\n")
    require(len(lines) >= 3 and all(lines) and lines[0] == name)
    return decode_number(lines[1]), decode_hash(lines[2])


def root_of(index, size, leaf, path):
    """MTH of RFC 6962, from a leaf and its audit path: recursive, from the root downwards as PATH is defined there."""
    if size == 1:
        require(not path)
        return leaf
    require(path)
    split = 1 << (size - 1).bit_length() - 1
    if index < split:
        left, right = root_of(index, split, leaf, path[:-1]), path[-1]
    else:
        left, right = path[-1], root_of(index - split, size - split, leaf, path[:-1])
    return hashlib.sha256(b"\1" + left + right).digest()


def read_entry(leaf):
    members = json.loads(leaf.decode("utf-8"))
    require(isinstance(members, dict) and set(members) == {*ENTRY, "ticket_number"})
    for name, pattern in ENTRY.items():
        require(isinstance(members[name], str) and re.fullmatch(pattern, members[name]))
    number = members["ticket_number"]
    require(type(number) is int and 1 <= number < 2**53)
    require(is_real_day(*map(int, members["at"][:10].split("-"))))
    require(canonical(members).encode() == leaf)
    return members


def included(vkey, text):
    """The entry that a proof shows to be in the ledger, and the signed note that it is under."""
    require(utf16_length(text) <= PROOF_LENGTH_MAX)
    require("\n\n" in text)
    head, checkpoint = text.split("\n\n", 1)
    lines = head.split("\n")
    require(len(lines) >= 3 and lines[0] == "c2sp.org/tlog-proof@v1")
    require(lines[1].startswith("extra ") and lines[2].startswith("index "))
    leaf = decode_base64(lines[1][6:])
    index = decode_number(lines[2][6:])
    path = [decode_hash(line) for line in lines[3:]]
    name, key_id, public_key = vkey
    size, root = read_checkpoint(open_note(checkpoint, name, key_id, public_key), name)
    require(index < size)
    require(root_of(index, size, hashlib.sha256(b"\0" + leaf).digest(), path) == root)
    return leaf, checkpoint


def check_proof(vkey, envelope, proof):
    leaf, _ = included(vkey, proof.decode("utf-8"))
    entry, ticket = read_entry(leaf), json.loads(envelope)
    require(all(entry[member] == ticket[member] for member in ("edition", "ticket_id", "ticket_number")))
    require(entry["envelope_hash"] == hashlib.sha256(envelope).hexdigest())


def recorded(public_key, vkey, envelope, proof):
    answer = verdict(public_key, envelope)
    if answer != "signed":
        return answer
    try:
        check_proof(vkey, envelope, proof)
    except (Refused, ValueError, RecursionError):
        return "PROOF_INVALID"
    return "recorded"


def main(public_key_hex, vkey_text, *paths):
    public_key, vkey = bytes.fromhex(public_key_hex), read_vkey(vkey_text)
    answers = []
    for envelope_path, proof_path in zip(paths[::2], paths[1::2]):
        with open(envelope_path, "rb") as envelope, open(proof_path, "rb") as proof:
            answers.append(recorded(public_key, vkey, envelope.read(), proof.read()))
        print(f"{envelope_path}: {answers[-1]}")
    return 0 if answers and set(answers) == {"recorded"} else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
