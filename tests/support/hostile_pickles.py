"""Pickles of a few hundred bytes that would keep the unpickler busy for years."""

from __future__ import annotations

HOSTILE_HASHES = ("dictionary", "keys", "list", "call", "frozenset")


def hostile_hash(name: str) -> bytes:
    """``t = (t, t)`` sixty times over, used where it is hashed or compared."""
    levels = range(60)
    doubled = b"\x80\x04)\x94" + b"".join(b"h%ch%c\x86\x94" % (i, i) for i in levels)
    deep, vectors = b"h\x3c", b"cgensim.models.keyedvectors\nKeyedVectors\n)\x81"
    fields = b"}(\x8c\x0cindex_to_key](%b\x8c\x01ae\x8c\x07vectorsNub."
    if name == "dictionary":
        return doubled + b"}" + deep + b"Ns."
    if name == "keys":
        return doubled + vectors + fields % deep
    if name == "list":
        return doubled + vectors + (fields % deep).replace(b"](", b"(").replace(b"\x01ae", b"\x01al")
    kind = b"tuple" if name == "call" else b"frozenset"
    made = b"\x80\x04)\x940cbuiltins\n" + kind + b"\n\x940"
    at = 2
    for level in levels:  # a list is filled after it was memorised, so its length on the stack is that of an empty one
        inner = b"h\x00" if level == 0 else b"h%c" % (at - 1)
        made += b"]\x94(" + inner + b"N\x86" + inner + b"K\x01\x86e0" + b"h\x01h%c\x85R\x940" % at
        at += 2
    return made + b"}h%cNs." % (at - 1)
