"""How much memory the bytes of a file can honestly ask for, by its format, without the loaders under test.

Of a file that is refused, what is really there counts: rows that are there, arrays that come out of an archive, objects
that the opcodes of a pickle make. What a header promises beyond that counts for nothing.
"""

from __future__ import annotations

import bz2
import gzip
import io
import itertools
import json
import lzma
import pickletools
import struct
import sys
import zipfile
import zlib
from pathlib import Path

from support import zstd

STRING = 64  # a str object of one character and the slot in the list of keys
ROW = STRING + 8 + 100  # and the count, and an entry of the table that finds duplicates right after it has grown
LINES = 10_000  # that are looked at one by one; keys of more lines would only raise the need
OBJECT = 100  # a number, text, list or dict of JSON, with its slot
# bytes of the object that an opcode of a pickle makes, beyond those of its argument
MADE = {
    "EMPTY_SET": 216, "GLOBAL": 2500, "STACK_GLOBAL": 2500, "INST": 2500, "REDUCE": 400, "BUILD": 300, "NEWOBJ": 300,
    "OBJ": 400, "NEWOBJ_EX": 400, "FROZENSET": 216, "SETITEM": 100,
}  # fmt: skip


def of(loader: str, path: Path) -> int:
    """Bytes that ``path`` needs when it is given to ``loader``, which may be to load a part of it."""
    loader = loader.partition(":")[0]
    plain = unpacked(path.read_bytes())
    companion = 0
    if path.suffix == ".tsv" and loader in ("projector", "sniffed"):
        labels = path.with_name(path.name.replace("_tensor", "_metadata")).read_bytes()
        companion = 3 * key_bytes(labels) + ROW * (labels.count(b"\n") + 1)
    if path.suffix == ".ftz":
        companion = 40 * len(plain)  # a byte stands for several numbers
    words = path.with_suffix(".words")
    if words.exists():
        companion = 12 * words.stat().st_size + (ROW + 200) * (words.read_bytes().count(b"\n") + 1)
    if loader == "sniffed":
        return max(need(plain) for need in NEEDS.values()) + companion
    return NEEDS[loader](plain) + companion


def unpacked(data: bytes) -> bytes:
    """What comes out of a compressed file, up to where it is damaged."""
    kinds = {
        b"\x1f\x8b\x08": lambda: gzip.GzipFile(fileobj=io.BytesIO(data)),
        b"BZh": lambda: bz2.BZ2File(io.BytesIO(data)),
        b"\xfd7zXZ\x00": lambda: lzma.open(io.BytesIO(data)),  # noqa: SIM115
        b"\x28\xb5\x2f\xfd": lambda: zstd.reader(io.BytesIO(data)),
    }
    opened = next((make() for magic, make in kinds.items() if data.startswith(magic)), None)
    if opened is None:
        return data + members(data)
    parts = []
    try:
        while part := opened.read(4096):
            parts.append(part)
    except Exception as error:
        if type(error).__name__ not in ("EOFError", "error", "BadGzipFile", "OSError", "LZMAError", "ZstdError"):
            raise
    return b"".join(parts)


def members(data: bytes) -> bytes:
    """What the members of a zip archive unpack to, as far as they do."""
    found = []
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found += [archive.read(one) for one in archive.infolist() if not one.filename.endswith(".npy")]
    except Exception:  # it raises whatever the damage leads to
        pass
    return b"".join(found)


def text(plain: bytes) -> int:
    """Lines of text: a key, and four bytes for each field; and the longest line, which is read before it is a row."""
    fields = plain.count(b" ") + plain.count(b"\t")
    needed, longest = ROW * (plain.count(b"\n") + 1), 0
    for line in itertools.islice(io.BytesIO(plain), LINES):
        longest = max(longest, len(line))
        needed += key_bytes(line[: line.find(b" ") % (len(line) + 1)])
    return needed + 4 * fields + longest


def glove(plain: bytes) -> int:
    """Text whose keys may hold spaces, up to nearly the whole line."""
    return text(plain) + sum(map(key_bytes, itertools.islice(io.BytesIO(plain), LINES)))


def key_bytes(raw: bytes) -> int:
    """What a key takes beyond a short one: one character beyond ASCII makes all of them wide."""
    return sys.getsizeof(raw.decode("utf8", "replace")) - sys.getsizeof("")


def binary(plain: bytes) -> int:
    """Rows of word2vec's binary format: the values are as long in the file as in memory.

    A key ends at a space, so the longest stretch without one may be a key, and a damaged file has long ones.
    """
    try:
        n_rows, dim = map(int, plain[: plain.find(b"\n") + 1].split())
    except ValueError:
        return 0
    n_rows = max(0, min(n_rows, len(plain) // (4 * max(dim, 1) + 1)))
    return len(plain) + ROW * n_rows + key_bytes(max(plain.split(b" "), key=len))


def native(plain: bytes) -> int:
    """The arrays, the header as JSON, and the keys that the header announces, if they are there."""
    length = min(int.from_bytes(plain[:8], "little"), len(plain))
    header = plain[8 : 8 + length]
    needed = len(plain) + json_objects(header)
    try:
        entries = json.loads(header)
        shapes = {name: entry["shape"] for name, entry in entries.items() if name.startswith("keys.")}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return needed
    if "keys.json" in shapes:
        needed += json_objects(plain[8 + length :])
    n_keys = [shape[0] for shape in shapes.values() if shape and type(shape[0]) is int]
    return needed + ROW * max(0, min(max(n_keys, default=0), len(plain) // 8))


def json_objects(raw: bytes) -> int:
    return len(raw) + OBJECT * (1 + sum(map(raw.count, (b",", b":", b"[", b"{"))))


def npz(plain: bytes) -> int:
    """The arrays that really come out of the archive, and the archive, which is read from its end."""
    needed, rows = len(plain), 0
    try:
        with zipfile.ZipFile(io.BytesIO(plain)) as archive:
            for member in archive.infolist():
                size = 0
                needed += 1000
                try:
                    with archive.open(member) as part:
                        while data := part.read(4096):
                            size += len(data)
                except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError):
                    pass
                needed += size
                rows = max(rows, size // (8 if "offsets" in member.filename else 4) if "key" in member.filename else 0)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, struct.error, EOFError):
        return needed
    return needed + ROW * rows


def fasttext(plain: bytes) -> int:
    """The matrix, and the words twice: as text and, for their n-grams, as bytes."""
    if plain[:4] != struct.pack("<i", 793712314):
        return text(plain)
    if len(plain) < 92:
        return len(plain)
    (size,) = struct.unpack_from("<i", plain, 64)
    return len(plain) + (ROW + 3 * STRING) * max(0, min(size, len(plain) // 10))


def pickled(plain: bytes) -> int:
    """The pickle, which is walked as a whole before it is believed, and the objects that its opcodes make."""
    needed = len(plain)
    try:
        for opcode, argument, _ in pickletools.genops(plain):
            needed += MADE.get(opcode.name, OBJECT) + 16  # its places on the stack and in the memo
            if isinstance(argument, str | bytes | bytearray):
                needed += 2 * len(argument)  # protocols below 3 keep bytes as text, which is encoded
    except UnicodeDecodeError as error:
        needed += 2 * len(error.object)
    except Exception:  # it raises whatever the damage leads to
        pass
    return needed


def delimited(plain: bytes) -> int:
    """The text, and what Python's reader makes of it: four bytes for each character, and a line as objects."""
    longest = max(map(len, itertools.islice(io.BytesIO(plain), LINES)), default=0)
    fields = sum(map(plain.count, (b",", b"\t", b";"))) + plain.count(b"\n") + 1
    return 12 * len(plain) + 16 * fields + 60 * longest + ROW * (plain.count(b"\n") + 1)


def finalfusion(plain: bytes) -> int:
    """Words with their lengths, and the matrix."""
    return len(plain) + (ROW + STRING) * (len(plain) // 4)


def numpy_array(plain: bytes) -> int:
    """The matrix as it is, or as two of float64 that are added up."""
    return 2 * len(plain)


NEEDS = {
    "finalfusion": finalfusion,
    "delimited": delimited,
    "npy": numpy_array,
    "glove-binary": numpy_array,
    "pickle": pickled,
    "native": native,
    "native-mmap": native,
    "word2vec": text,
    "word2vec-binary": binary,
    "glove": glove,
    "fasttext": fasttext,
    "npz": npz,
    "gensim": pickled,
    "projector": text,
}
