import gzip
import io

import pytest

from fastw2v.query.questions import lines_of, read_analogies, read_pairs

TEXT = ": capitals\nParis France Rome Italy\nthree words only\n\n: plural\na b c d\n"


def test_analogies_from_paths_and_files(tmp_path):
    plain, packed = tmp_path / "q.txt", tmp_path / "q.txt.gz"
    plain.write_text(TEXT)
    packed.write_bytes(gzip.compress(TEXT.encode()))
    wanted = [
        (0, "capitals", None),
        (1, None, ("Paris", "France", "Rome", "Italy")),
        (2, None, None),
        (3, None, None),
        (4, "plural", None),
        (5, None, ("a", "b", "c", "d")),
    ]
    for source in (plain, str(plain), packed, io.StringIO(TEXT), io.BytesIO(TEXT.encode())):
        assert list(read_analogies(source)) == wanted


def test_words_before_a_section():
    with pytest.raises(ValueError, match="Missing section header before line #0"):
        list(read_analogies(io.StringIO("a b c d\n")))


def test_pairs():
    text = "# comment\nx\ty\t1.5\nx y 2\nx\ty\tz\n"
    rows = list(read_pairs(io.StringIO(text), "\t", "utf8"))
    assert [row[2] for row in rows] == [("x", "y", 1.5), None, None]
    ((_, _, pair),) = read_pairs(io.BytesIO("é;y;2".encode("latin1")), ";", "latin1")
    assert pair == ("é", "y", 2.0)


@pytest.mark.parametrize("source", [[("x", "y", 1.5)], 5, None, [["x", "y", "1"]], {1: 2}])
def test_what_is_no_text_is_refused_by_name(source):
    with pytest.raises(TypeError, match="path"):
        list(read_pairs(source, "\t", "utf8"))
    with pytest.raises(TypeError, match="path"):
        list(read_analogies(source))


def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path):
    analogies, pairs = "\ufeff: family\r\nking man queen woman\r\n", "\ufeffking\tqueen\t5\r\n"
    (tmp_path / "a.txt").write_bytes(analogies.encode())
    (tmp_path / "p.txt").write_bytes(pairs.encode())
    with open(tmp_path / "a.txt", encoding="utf8") as as_text, open(tmp_path / "a.txt", "rb") as as_bytes:
        for source in (tmp_path / "a.txt", as_text, as_bytes):
            assert [line[1:] for line in read_analogies(source)][1] == (None, ("king", "man", "queen", "woman"))
    assert next(iter(lines_of(tmp_path / "p.txt"))).startswith("king")
