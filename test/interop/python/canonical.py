"""Values in one canonical form, so that what MLflow says and what Aim reads can be compared as JSON, bit by bit.

A scalar becomes a string that begins with its type (`int:3` and `float:4008000000000000 (3.0)` differ, as they do in
Aim); lists and dicts keep their shape. Integers are strings because JSON readers round them beyond 2^53.
"""

import hashlib
import struct


def float_bits(value: float) -> str:
    """The 64 bits of a double in hex; every NaN is `nan`, whatever its payload."""
    if value != value:
        return "nan"
    return struct.pack(">d", value).hex()


def bytes_mark(data: bytes) -> str:
    """SHA-256 and length: enough to tell bytes apart, short enough to print."""
    return f"{hashlib.sha256(data).hexdigest()}:{len(data)}"


def canonical_key(key) -> str:
    return f"int:{key}" if isinstance(key, int) else key


def canonical(value):
    """Any value that Aim's storage can hold, as JSON."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return f"bool:{value}".lower()
    if isinstance(value, int):
        return f"int:{value}"
    if isinstance(value, float):
        return f"float:{float_bits(value)} ({value!r})"
    if isinstance(value, str):
        return f"str:{value}"
    if isinstance(value, (bytes, bytearray)):
        return f"bytes:{bytes_mark(bytes(value))}"
    if isinstance(value, (list, tuple)):
        return [canonical(item) for item in value]
    if isinstance(value, dict):
        return {canonical_key(key): canonical(item) for key, item in value.items()}
    raise TypeError(f"{type(value)} is no value of Aim's storage: {value!r}")


def context_key(context: dict) -> str:
    """A context as one line: `{"gpu": int:0}`; the keys sorted, `{}` for the empty one."""
    pairs = sorted((canonical_key(key), canonical(value)) for key, value in context.items())
    return "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"


def sequence_key(name: str, context: dict) -> str:
    """What a sequence is found by within its kind."""
    return f"{name} {context_key(context)}"


def one_of(*values):
    """An expectation that the contract leaves open: any of these. The comparison in harness.ts knows it."""
    kept = []
    for value in values:
        if value not in kept:
            kept.append(value)
    return kept[0] if len(kept) == 1 else {"$oneOf": kept}
