"""Pickles of a few hundred bytes that would keep the unpickler busy for years."""

# ruff: noqa: E501
from __future__ import annotations

import struct

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


def gensim_vectors(fields: bytes) -> bytes:
    """An object of gensim whose state is what a pickle of protocol 4 holds."""
    return b"\x80\x04cgensim.models.keyedvectors\nKeyedVectors\n)\x81" + fields[11:-1] + b"b."


def text(content: bytes) -> bytes:
    return b"X" + struct.pack("<I", len(content)) + content


def own_methods() -> dict[str, bytes]:
    """Pickles that replace what stands for a class or a function, or reach for a method of it."""
    head = b"\x80\x02"
    made = {}
    for what in (b"builtins\nset", b"collections\nOrderedDict", b"copyreg\n_reconstructor", b"_codecs\nencode", b"numpy\ndtype",
                 b"gensim.models.keyedvectors\nKeyedVectors"):  # fmt: skip
        name = what.replace(b"\n", b".").decode()
        start = head + b"c" + what + b"\nq\x00"
        made[f"{name} calls itself"] = start + b"(h\x00)}Ntb)R."
        made[f"{name} state"] = start + b"}" + text(b"known") + b"\x88sb."
        made[f"{name} slots"] = start + b"N}" + text(b"__call__") + b"h\x00s\x86b."
        made[f"{name} items"] = start + b"]e."
        made[f"{name} pairs"] = start + b"(K\x01K\x02u."
        made[f"{name} base"] = start + b"0ccopyreg\n_reconstructor\n(h\x00h\x00NtR."
    made["attribute of a global"] = head + b"cfunctools\npartial\nq\x00(h\x00)}Ntb)R."
    made["a list with a state"] = head + b"]}b."
    made["a number that is called"] = head + b"K\x01)R."
    made["an object that is called"] = head + b"cbuiltins\nset\n)R)R."
    made["an object as a class"] = head + b"cbuiltins\nset\n)R)\x81."
    made["keyword arguments"] = head[:1] + b"\x04cbuiltins\nset\n)K\x01\x92."
    return made


def amplified(times: int) -> dict[str, bytes]:
    """Pickles that name one large value again and again, each time for a few bytes."""
    depth = 18
    deep = b")q\x02" + b"0h\x02h\x02\x86q\x03" + b"0h\x03h\x03\x86q\x03" * depth + b"0"
    head, vectors = b"\x80\x02", b"cgensim.models.keyedvectors\nKeyedVectors\n)\x81"
    names = [b"n%d" % i for i in range(times)]
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R(K\x01K\x01J\x00\x00\x08\x00\x86"
        b"cnumpy\ndtype\nX\x02\x00\x00\x00f4K\x00K\x01\x87R(K\x03X\x01\x00\x00\x00<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        b"\x89B\x00\x00\x20\x00" + bytes(1 << 21) + b"tb"
    )
    keys = b"(" + text(b"index_to_key") + b"]" + text(b"a") + b"a" + text(b"vectors")
    once = array.replace(b"J\x00\x00\x08\x00\x86", b"K\x01\x86").replace(
        b"B\x00\x00\x20\x00" + bytes(1 << 21), b"C\x04" + bytes(4)
    )
    scalar = b"cnumpy.core.multiarray\nscalar\nq\x05cnumpy\ndtype\nX\x07\x00\x00\x00U250000\x85R(K\x03X\x01\x00\x00\x00<Ntbq\x06"
    big = b"0B" + struct.pack("<I", 1_000_000) + b"a\0\0\0" * 250_000 + b"q\x070"
    many = b"(" + b"h\x05h\x06h\x07\x86R" * times + b"l"
    return {
        "a call": head + b"ccollections\nOrderedDict\nq\x00" + deep + b"]q\x04h\x03K\x01\x86a\x85q\x06" + b"h\x00h\x06R0" * times + b".",
        "sets": head + deep + b"(h\x03\x910" * times + b"N.",
        "dictionaries": head + deep + b"}h\x03Ns0" * times + b"N.",
        "a key": head + deep + vectors + b"}(" + text(b"index_to_key") + b"(" + b"h\x03\x85" * times + b"l" + text(b"vectors") + b"Nub.",
        "counts": head + deep + vectors + b"}" + keys + once + text(b"vocab") + b"}(" + b"h\x03N" * times + b"uub.",
        "one array": head + vectors + b"}" + keys + once + text(b"expandos") + b"}(" + text(b"x") + array + b"q\x08"
        + b"".join(text(name) + b"h\x08" for name in names) + b"uub.",
        "texts of NumPy": head + scalar + big + vectors + b"}(" + text(b"index_to_key") + many + text(b"vectors") + b"Nub.",
    }  # fmt: skip


def shown_bombs() -> dict[str, bytes]:
    """Values that are long where they are shown: in depth, in length, and as a number."""
    bomb = text(b"x" * 1000) + b"q\x01h\x01\x86" + b"q\x02h\x02\x86" * 16
    digits = b"\x8b" + struct.pack("<I", 2000) + b"\x7f" * 2000
    found = {}
    for name, value in (
        ("tuples", bomb),
        ("text", text(b"x" * 100_000)),
        ("number", digits),
        ("bytes", b"B" + struct.pack("<I", 9999) + bytes(9999)),
    ):
        for kind in ("shape", "label", "key", "dtype", "min_n", "class"):
            shape = value if kind == "shape" else b"K\x01K\x02\x86"
            code = value if kind == "dtype" else text(b"f4")
            array = (
                b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R(K\x01" + shape
                + b"cnumpy\ndtype\n" + code + b"K\x00K\x01\x87R(K\x03X\x01\x00\x00\x00<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
                b"\x89C\x08" + bytes(8) + b"tb"
            )  # fmt: skip
            fields = (
                text(b"index_to_key")
                + b"]("
                + text(b"a")
                + (value if kind == "key" else b"")
                + b"e"
                + text(b"vectors")
                + array
            )
            fields += text(b"vectors_ngrams") + array + text(b"min_n") + (value if kind == "min_n" else b"K\x01")
            if kind == "label":
                fields += text(b"expandos") + b"}(" + value + b"Nu" + text(b"__numpys") + value
            start = b"\x80\x02cgensim.models.keyedvectors\nKeyedVectors\n)\x81}("
            if kind == "class":
                if name != "text":
                    continue
                start = b"\x80\x04\x8c\x02os\x8d" + struct.pack("<Q", 100_000) + b"x" * 100_000 + b"\x93)R}("
            found[f"{kind} of {name}"] = start + fields + b"ub."
    return found
