#!/usr/bin/env python3
"""Verifies and opens a sealed secret: Python's standard library, and the `openssl` command for RSA and AES.

usage: unseal.py SECTION SEALED VERIFICATION-KEY DECRYPTION-KEY     writes the secret to standard output
"""
import base64
import json
import subprocess
import sys
import tempfile

section, sealed, verification_key, decryption_key = sys.argv[1:]


def openssl(*arguments, data=b""):
    return subprocess.run(["openssl", *arguments], input=data, check=True, capture_output=True).stdout


def part(text):
    assert "=" not in text
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def aes(key, block):
    return openssl("enc", "-aes-256-ecb", "-nopad", "-K", key.hex(), data=block)


def product(x, y):
    """In GF(2^128), the first bit of a block being the lowest power (NIST SP 800-38D, 6.3)."""
    z, v = 0, y
    for bit in range(127, -1, -1):
        if x >> bit & 1:
            z ^= v
        v = v >> 1 ^ (0xE1 << 120 if v & 1 else 0)
    return z


def ghash(h, data):
    y = 0
    for at in range(0, len(data), 16):
        y = product(y ^ int.from_bytes(data[at : at + 16], "big"), h)
    return y


def gcm(key, iv, ciphertext, tag):
    h = int.from_bytes(aes(key, bytes(16)), "big")
    padded = ciphertext + bytes(-len(ciphertext) % 16) + bytes(8) + (8 * len(ciphertext)).to_bytes(8, "big")
    mask = int.from_bytes(aes(key, iv + b"\0\0\0\1"), "big")
    assert ghash(h, padded) ^ mask == int.from_bytes(tag, "big"), "the tag is wrong"
    return openssl("enc", "-d", "-aes-256-ctr", "-K", key.hex(), "-iv", iv.hex() + "00000002", data=ciphertext)


text = open(sealed).read()
assert text.endswith("\n") and text.count("\n") == 1
word, header, payload, signature = text.strip().split(".")
assert word == "sealed"
with tempfile.NamedTemporaryFile() as file:
    file.write(part(signature))
    file.flush()
    signed = f"{header}.{payload}".encode()
    assert openssl("dgst", "-sha512", "-verify", verification_key, "-signature", file.name, data=signed) == b"Verified OK\n"
assert part(header).decode() == f'{{"alg":"RS512","kid":"{section}_verify"}}'
fields = json.loads(part(payload))
assert list(fields) == sorted(fields)
constants = {"version": "0.1.0", "type": "kms", "key_id": f"{section}_decrypt", "wrap_type": "A256GCM", "provider": "ibm-hpcr-contract"}
assert fields.keys() == constants.keys() | {"encrypted_key", "encrypted_data", "iv"}
assert constants.items() <= fields.items()
wrapped, data, iv = (base64.b64decode(fields[name], validate=True) for name in ("encrypted_key", "encrypted_data", "iv"))
key = openssl("pkeyutl", "-decrypt", "-inkey", decryption_key, data=wrapped)
assert (len(key), len(iv)) == (32, 12)
sys.stdout.buffer.write(gcm(key, iv, data[:-16], data[-16:]))
