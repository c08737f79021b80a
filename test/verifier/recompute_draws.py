"""Makes the draws of an edition again from the entries of the ledger, with nothing but Python's standard library.

    python3 recompute_draws.py ENTRIES_FILE...

A file has every entry that is about one edition, one a line, in the order of the ledger. Prints for each file a line for each
draw: attempt, mode, "drawn" or "void", the recorded winner, the recomputed one, and "agrees" or "differs"; or "refused" where
the file is not the whole of one edition. Exits with 1 if anything differs or was refused. It checks everything but the signature
of a beacon's round, and was written from the description of draws, not from the SDK: it is the second opinion that the SDK is
tested against.
"""

import hashlib
import json
import re
import sys
from datetime import datetime, timezone

from verify_ticket import PATTERNS, canonical, is_real_day

TIME, SLUG, UUID = PATTERNS["timestamp"], PATTERNS["edition"], PATTERNS["ticket_id"]
HASH = r"[0-9a-f]{64}"
BY = r"(holder|operator):" + UUID + r"|login:.{1,63}"
NUMBER, COUNT, REASON, NULL = "number", "count", "reason", "null"
ENTRIES = {"entries_count": COUNT, "entries_hash": HASH}
INPUTS = {
    "random_int": ENTRIES,
    "sealed": {**ENTRIES, "secret": HASH},
    "beacon": {**ENTRIES, "checkpoint_at": TIME, "round": NUMBER, "signature": r"[0-9a-f]{96}", "tree_size": NUMBER},
}
TICKET = {"by": BY, "ticket_id": UUID, "ticket_number": NUMBER}
FORMS = {
    "edition.opened": {
        "cap": NUMBER,
        "closes_at": (TIME, NULL),
        "draw_mode": "none|random_int|sealed|beacon",
        "opens_at": (TIME, NULL),
        "per_holder_limit": NUMBER,
        "rule_set_hash": (HASH, NULL),
    },
    "ticket.issued": {"envelope_hash": HASH, "holder": UUID, "ticket_id": UUID, "ticket_number": NUMBER},
    "ticket.redeemed": TICKET,
    "ticket.revoked": {**TICKET, "reason": (REASON, NULL)},
    "edition.closed": {"entries_hash": HASH, "issued_count": COUNT},
}
TERMS = {
    "sealed": {"draw_commitment": HASH},
    "beacon": {
        "closes_at": TIME,
        "beacon_chain_hash": HASH,
        "beacon_genesis_at": TIME,
        "beacon_period_seconds": NUMBER,
        "beacon_public_key": r"[0-9a-f]{192}",
        "draw_delay_seconds": NUMBER,
    },
}


class Refused(Exception):
    pass


def require(condition):
    if not condition:
        raise Refused


def fits(value, form):
    if isinstance(form, tuple):
        return any(fits(value, one) for one in form)
    if isinstance(form, dict):
        return isinstance(value, dict) and set(value) == set(form) and all(fits(value[name], form[name]) for name in form)
    if form in (NUMBER, COUNT):
        return type(value) is int and (1 if form == NUMBER else 0) <= value < 2**53
    if form == NULL:
        return value is None
    if form == REASON:
        return isinstance(value, str) and 1 <= len(value) <= 500
    if not isinstance(value, str) or re.fullmatch(form, value, re.ASCII | re.DOTALL) is None:
        return False
    return form != TIME or is_real_day(*map(int, value[:10].split("-")))


def forms_of(entry):
    """The members that an entry must have, by what it says that it is."""
    kind, mode = entry.get("type"), entry.get("mode")
    if kind in FORMS:
        return {**FORMS[kind], **(TERMS.get(entry.get("draw_mode"), {}) if kind == "edition.opened" else {})}
    require(kind in ("edition.drawn", "winner.replaced") and mode in INPUTS)
    if kind == "winner.replaced":
        more = {"attempt": NUMBER, "replaced_number": NUMBER, "reason": REASON}
        return {"inputs": INPUTS[mode], "mode": mode, "ticket_number": (NUMBER, NULL), **more}
    if entry.get("reason") is None:
        return {"inputs": INPUTS[mode], "mode": mode, "reason": NULL, "ticket_number": (NUMBER, NULL)}
    return {"inputs": ENTRIES, "mode": mode, "reason": REASON, "ticket_number": NULL}


def read(line):
    entry = json.loads(line)
    require(isinstance(entry, dict) and canonical(entry) == line)
    kind = entry.get("type")
    require(isinstance(kind, str) and isinstance(entry.get("mode", ""), str) and isinstance(entry.get("draw_mode", ""), str))
    require(fits(entry, {"at": TIME, "edition": SLUG, "type": re.escape(kind), **forms_of(entry)}))
    return entry


def milliseconds(time):
    moment = datetime.strptime(time, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    return round(moment.timestamp() * 1000)


def split(entries):
    """The manifest, the tickets and what happened to them before the closing, the closing, the draws; refused in any other order."""
    kinds = [entry["type"] for entry in entries]
    require(kinds and kinds[0] == "edition.opened" and len({entry["edition"] for entry in entries}) == 1)
    require(all(kinds.count(kind) <= 1 for kind in ("edition.opened", "edition.closed", "edition.drawn")))
    end = kinds.index("edition.closed") if "edition.closed" in kinds else len(kinds)
    before, after = entries[1:end], entries[end + 1 :]
    require("ticket.issued" not in kinds[end:])
    draws = [entry for entry in after if entry["type"] in ("edition.drawn", "winner.replaced")]
    require(all(entry["type"].startswith("ticket.") for entry in before))
    return entries[0], before, entries[end : end + 1], draws


def check_tickets(before, closed, after):
    hashes, ids = {}, {}
    for entry in before + after:
        if entry["type"] == "ticket.issued":
            require(entry["ticket_number"] not in hashes)
            hashes[entry["ticket_number"]] = entry["envelope_hash"]
            ids[entry["ticket_number"]] = entry["ticket_id"]
        else:
            require(ids.get(entry["ticket_number"]) == entry["ticket_id"])
    if closed:
        lines = "".join(f"{number} {hashes[number]}\n" for number in sorted(hashes))
        require(closed[0]["issued_count"] == len(hashes))
        require(closed[0]["entries_hash"] == hashlib.sha256(lines.encode()).hexdigest())
    return sorted(hashes)


def winner(left, mode, edition, entries_hash, entropy, attempt):
    text = f"golden-press/draw/v1\n{mode}\n{edition}\n{entries_hash}\n{entropy}\n{attempt}\n"
    seed = hashlib.sha256(text.encode()).digest()
    count, i = len(left), 0
    while count:
        word = int.from_bytes(hashlib.sha256(seed + i.to_bytes(8, "big")).digest()[:8], "big")
        if word < 2**64 // count * count:
            return left[word % count]
        i += 1
    return None


def is_promised(opened, closed, draw, first, count):
    inputs, mode = draw["inputs"], draw["mode"]
    if mode != opened["draw_mode"] or inputs["entries_hash"] != closed["entries_hash"] or inputs["entries_count"] != count:
        return False
    if "secret" in inputs:
        return hashlib.sha256(bytes.fromhex(inputs["secret"])).hexdigest() == opened["draw_commitment"]
    if "round" not in inputs:
        return True
    at = milliseconds(inputs["checkpoint_at"])
    if not milliseconds(opened["closes_at"]) <= milliseconds(closed["at"]) <= at:
        return False
    wanted = at + opened["draw_delay_seconds"] * 1000 - milliseconds(opened["beacon_genesis_at"])
    due = 1 + max(0, -(-wanted // (opened["beacon_period_seconds"] * 1000)))
    return inputs["round"] == due and inputs["checkpoint_at"] == first["inputs"].get("checkpoint_at")


def recompute(lines):
    entries = [read(line) for line in lines]
    opened, before, closed, draws = split(entries)
    changes = [entry for entry in entries[len(before) + 1 :] if entry["type"].startswith("ticket.")]
    revoked = {entry["ticket_number"] for entry in before if entry["type"] == "ticket.revoked"}
    left = [number for number in check_tickets(before, closed, changes) if number not in revoked]
    for attempt, draw in enumerate(draws, 1):
        if attempt > 1:
            replaced = draw.get("replaced_number")
            require(draw.get("attempt") == attempt and replaced == draws[attempt - 2]["ticket_number"])
            left = [number for number in left if number != replaced]
        else:
            require(draw["type"] == "edition.drawn")
        inputs, recorded, recomputed = draw["inputs"], draw["ticket_number"], None
        is_void = draw["type"] == "edition.drawn" and draw["reason"] is not None
        agrees = is_promised(opened, closed[0], draw, draws[0], len(left))
        if agrees and not is_void:
            if draw["mode"] == "random_int":
                agrees = recorded in left if left else recorded is None
            else:
                entropy = inputs.get("secret") or inputs["signature"]
                recomputed = winner(left, draw["mode"], opened["edition"], closed[0]["entries_hash"], entropy, attempt)
                agrees = recorded == recomputed
        status = "void" if is_void else "drawn"
        yield f"{attempt} {draw['mode']} {status} {recorded} {recomputed} {'agrees' if agrees else 'differs'}"


def main(*paths):
    answers = []
    for path in paths:
        try:
            with open(path, encoding="utf-8", newline="\n") as file:
                found = list(recompute(re.sub(r"\n\Z", "", file.read()).split("\n")))
        except (Refused, ValueError, RecursionError):
            found = ["refused"]
        answers += found
        for line in found:
            print(f"{path}: {line}")
    return 0 if all(answer.endswith("agrees") for answer in answers) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
