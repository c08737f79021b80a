"""Verifies Golden Press tickets with nothing but Python's standard library.

    python3 verify_ticket.py PUBLIC_KEY_HEX ENVELOPE_FILE...

Prints one line for each file, "signed" or the reason of the refusal, and exits with 1 if any was refused. Written from
RFC 8032 (Ed25519), RFC 8785 (canonical JSON) and the description of the envelope, not from the SDK: it is the second
opinion that the SDK is tested against.
"""

import hashlib
import json
import re
import sys
from functools import lru_cache

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_MINUS_ONE = pow(2, (P - 1) // 4, P)
LENGTH_MAX = 65536  # UTF-16 code units
TYPE = "golden-press/ticket/v1"
PATTERNS = {
    "edition": r"[a-z0-9]+(-[a-z0-9]+)*",
    "key_id": r"[0-9a-f]{16}",
    "recipient": r"[^\0\ud800-\udfff]+",
    "signature": r"[0-9a-f]{128}",
    "ticket_id": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "timestamp": r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z",
    "type": re.escape(TYPE),
}


def decode_point(encoded):
    """The point (x, y) of RFC 8032, 5.1.3, or None; None also for points of small order."""
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= P:
        return None
    x_squared = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(x_squared, (P + 3) // 8, P)
    if x * x % P != x_squared:
        x = x * SQRT_MINUS_ONE % P
    if x * x % P != x_squared or (x == 0 and sign == 1):
        return None
    if x & 1 != sign:
        x = P - x
    point = (x, y)
    return None if multiply(8, point) == (0, 1) else point


def add(first, second):
    """Addition on the curve, in affine coordinates: slow, and exactly the formula of the definition."""
    (x1, y1), (x2, y2) = first, second
    product = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P)
    y = (y1 * y2 + x1 * x2) * pow(1 - product, -1, P)
    return (x % P, y % P)


def multiply(scalar, point):
    result = (0, 1)
    while scalar > 0:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


BASE = decode_point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


@lru_cache  # One ticket may be shown with many proofs.
def is_signature_valid(public_key, message, signature):
    """S < L; A and R canonical and not of small order; [S]B = R + [h]A without the cofactor."""
    s = int.from_bytes(signature[32:], "little")
    a, r = decode_point(public_key), decode_point(signature[:32])
    if s >= L or a is None or r is None:
        return False
    digest = hashlib.sha512(signature[:32] + public_key + message).digest()
    h = int.from_bytes(digest, "little") % L
    return multiply(s, BASE) == add(r, multiply(h, a))


def canonical(members):
    return json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def is_real_day(year, month, day):
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = [31, 29 if is_leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return 1 <= month <= 12 and 1 <= day <= days[month - 1]


def read_envelope(text):
    """The members of a canonical envelope, or None."""
    try:
        members = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(members, dict) or set(members) != {*PATTERNS, "ticket_number"}:
        return None
    for name, pattern in PATTERNS.items():
        if not isinstance(members[name], str) or not re.fullmatch(pattern, members[name]):
            return None
    number = members["ticket_number"]
    if type(number) is not int or not 1 <= number < 2**53:
        return None
    if not is_real_day(*map(int, members["timestamp"][:10].split("-"))):
        return None
    return members if canonical(members) == text else None


def verdict(public_key, envelope):
    try:
        text = envelope.decode("utf-8")
    except UnicodeDecodeError:
        return "INVALID_INPUT"
    if len(text.encode("utf-16-le")) // 2 > LENGTH_MAX:
        return "INVALID_INPUT"
    members = read_envelope(text)
    if members is None:
        return "NOT_CANONICAL"
    signature = bytes.fromhex(members.pop("signature"))
    if members["key_id"] != hashlib.sha256(public_key).hexdigest()[:16]:
        return "UNKNOWN_KEY"
    if not is_signature_valid(public_key, canonical(members).encode("utf-8"), signature):
        return "SIGNATURE_INVALID"
    return "signed"


def main(public_key_hex, *paths):
    verdicts = []
    for path in paths:
        with open(path, "rb") as file:
            verdicts.append(verdict(bytes.fromhex(public_key_hex), file.read()))
        print(f"{path}: {verdicts[-1]}")
    return 0 if verdicts and set(verdicts) == {"signed"} else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
