"""Verifies credentials and status lists with Python's standard library and OpenSSL, by the procedure of W3C.

    python3 verify_credential.py KEY DOCUMENT_FILE [STATUS_LIST_FILE]

KEY is a Multikey (z6Mk...) or hexadecimal. Prints what the document is, "signed" or why not, and "revoked" or "unrevoked" where a
status list is given, whose signature is verified too; exits with 1 unless all is well. Written from vc-di-eddsa (eddsa-jcs-2022,
3.3.2 to 3.3.6), vc-data-integrity, controlled identifiers (Multikey) and vc-bitstring-status-list, not from the SDK: it is the second
opinion that the SDK is tested against. It knows nothing of the one form that a credential of ours has, nor of time.
"""

import base64
import hashlib
import json
import subprocess
import sys
import tempfile
import zlib

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
ED25519_PUB = b"\xed\x01"
SPKI_ED25519 = bytes.fromhex("302a300506032b6570032100")
LIST_BYTES = range(16384, 131073)


class Refused(Exception):
    pass


def require(condition, problem):
    if not condition:
        raise Refused(problem)


def decode_multibase(text):
    """The header character, then the alphabet that it names."""
    require(isinstance(text, str) and text[:1] == "z" and set(text[1:]) <= set(BASE58), "it is not base58btc")
    number = 0
    for digit in text[1:]:
        number = number * 58 + BASE58.index(digit)
    zeros = len(text[1:]) - len(text[1:].lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def decode_key(text):
    if not text.startswith("z"):
        return bytes.fromhex(text)
    key = decode_multibase(text)
    require(key[:2] == ED25519_PUB and len(key) == 34, "the key is not the Multikey of an Ed25519 key")
    return key[2:]


def canonicalize(value):
    """RFC 8785, where all numbers are whole and all names of members are within the Basic Multilingual Plane."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def openssl_verifies(public_key, message, signature):
    with tempfile.TemporaryDirectory() as folder:
        for name, content in {"key": SPKI_ED25519 + public_key, "message": message, "signature": signature}.items():
            with open(f"{folder}/{name}", "wb") as file:
                file.write(content)
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", f"{folder}/key"]
        command += ["-rawin", "-in", f"{folder}/message", "-sigfile", f"{folder}/signature"]
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def verify(secured, public_key):
    """3.3.2, Verify Proof, of a document that has one proof."""
    # 1. unsecuredDocument is a copy of securedDocument without its proof; 2. and 3. proofOptions are the proof without its value.
    require(isinstance(secured, dict) and isinstance(secured.get("proof"), dict), "it has no proof")
    unsecured = {name: value for name, value in secured.items() if name != "proof"}
    options = {name: value for name, value in secured["proof"].items() if name != "proofValue"}
    proof_bytes = decode_multibase(secured["proof"].get("proofValue"))
    # 4. Where the proof has a context, that of the document begins with it, and is it for what follows.
    if "@context" in options:
        contexts = [value if isinstance(value, list) else [value] for value in (secured.get("@context"), options["@context"])]
        require(contexts[0][: len(contexts[1])] == contexts[1], "the document has another @context than its proof")
        unsecured["@context"] = options["@context"]
    # 3.3.3, Transformation, and 3.3.5, Proof Configuration: the suite is the one that is meant.
    require(options.get("type") == "DataIntegrityProof", "the proof is of another type")
    require(options.get("cryptosuite") == "eddsa-jcs-2022", "the proof is of another cryptosuite")
    require(options.get("proofPurpose") == "assertionMethod", "the proof is for another purpose")
    # 3.3.4, Hashing: the hash of the canonical proof configuration, then that of the canonical document.
    hash_data = hashlib.sha256(canonicalize(options)).digest() + hashlib.sha256(canonicalize(unsecured)).digest()
    # 3.3.6, Proof Verification: 64 bytes, over the 64 bytes.
    require(len(proof_bytes) == 64, "the signature has not 64 bytes")
    require(openssl_verifies(public_key, hash_data, proof_bytes), "the signature is of another key, or of another document")


def bits_of(status_list):
    encoded = status_list["credentialSubject"]["encodedList"]
    require(encoded[:1] == "u" and "=" not in encoded, "the list is not base64url without padding")
    padded = encoded[1:] + "=" * (-len(encoded[1:]) % 4)
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)  # gzip
    bits = unpacker.decompress(base64.urlsafe_b64decode(padded), LIST_BYTES[-1] + 1)
    require(unpacker.eof and len(bits) in LIST_BYTES, "the list has not 131072 to 1048576 places")
    return bits


def is_revoked(secured, status_list):
    entry = secured["credentialStatus"]
    require(entry["statusListCredential"] == status_list["id"], "the list is another than the credential names")
    require(entry["statusPurpose"] == status_list["credentialSubject"]["statusPurpose"], "the list is for another purpose")
    place, bits = int(entry["statusListIndex"]), bits_of(status_list)
    require(place < len(bits) * 8, "the list has no such place")
    return bits[place // 8] >> (7 - place % 8) & 1 == 1  # The left-most bit is the first.


def main(key, document_file, status_file=None):
    try:
        public_key = decode_key(key)
        documents = []
        for file in [document_file] + ([status_file] if status_file else []):
            with open(file, "rb") as opened:
                documents.append(json.loads(opened.read().decode("utf-8")))
            verify(documents[-1], public_key)
            print(f"{file}: signed")
        if status_file is None:
            return 0
        answer = "revoked" if is_revoked(*documents) else "unrevoked"
        print(f"{document_file}: {answer}")
        return 0 if answer == "unrevoked" else 1
    except (Refused, ValueError, KeyError, TypeError, zlib.error) as problem:
        print(f"invalid: {problem}")
        return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
