"""The explorer's server: answers, and whom it does not answer."""

import http.client
import json
import threading
from urllib.parse import quote, urlsplit

import numpy as np
import pytest

from fastw2v import KeyedVectors
from fastw2v.explore import Explorer
from fastw2v.vectors.layout import layout

HOSTILE = ["<img src=x onerror=alert(1)>", "‮gnik", "x" * 10_000, "a/b", "map", "100%", "\0", "{{7*7}}"]


def table():
    rng = np.random.default_rng(0)
    keys = ["king", "queen", "man", "woman", "King", "kingdom", *HOSTILE, "王"]
    rows = rng.standard_normal((len(keys), 8))
    rows[1] = rows[0] - rows[2] + rows[3]
    made = KeyedVectors(8)
    made.add_vectors(keys, rows, extras={"count": np.arange(len(keys), 0, -1)})
    return made


@pytest.fixture(scope="module")
def explorer():
    with Explorer(table(), method="pca") as running:
        yield running


def get(explorer, path, method="GET", **headers):
    where = urlsplit(explorer.url)
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=10)
    given = {"Host": where.netloc, **{name.replace("_", "-"): value for name, value in headers.items()}}
    connection.request(method, path, headers=given)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def ask(explorer, path):
    response, body = get(explorer, path)
    return response.status, json.loads(body)


def test_the_page_loads_nothing_from_elsewhere(explorer):
    for path, kind in (("/", "text/html"), ("/page.css", "text/css"), ("/page.js", "text/javascript")):
        response, body = get(explorer, path)
        assert response.status == 200
        assert response.getheader("Content-Type").startswith(kind)
        assert "default-src 'none'" in response.getheader("Content-Security-Policy")
        assert b"http://" not in body.replace(b"http://www.w3.org", b"")
        assert b"https://" not in body
        assert b"innerHTML" not in body


def test_neighbours_are_those_of_the_table(explorer):
    status, found = ask(explorer, "/api/find?text=queen")
    assert (status, found) == (200, {"row": 1, "text": "queen", "count": 14})
    _, answer = ask(explorer, "/api/similar?row=1&n=4")
    assert [(word["text"], word["cosine"]) for word in answer["words"]] == [
        (key[:200], pytest.approx(cosine, abs=1e-4)) for key, cosine in table().most_similar("queen", topn=4)
    ]


def test_completion_is_by_spelling_whatever_the_case_and_offers_near_words(explorer):
    for text, words in (("KING", ["king", "King", "kingdom"]), ("quene", ["queen"])):
        assert [word["text"] for word in ask(explorer, f"/api/complete?text={text}")[1]["words"]] == words
    assert ask(explorer, "/api/complete?text=")[0] == 200
    status, answer = ask(explorer, "/api/find?text=kinng")
    assert status == 404
    assert "close to it: king" in answer["error"]


def test_analogies_and_comparisons(explorer):
    _, answer = ask(explorer, "/api/analogy?a=2&b=0&c=3")
    assert answer["words"][0]["text"] == "queen"
    _, answer = ask(explorer, "/api/compare?rows=0,1,2")
    assert answer["cosines"][0][1] == pytest.approx(float(table().similarity("king", "queen")), abs=1e-4)
    assert ask(explorer, "/api/compare?rows=0")[0] == 400


def test_the_map_has_the_first_words(explorer):
    _, answer = ask(explorer, "/api/map")
    assert answer["words"][:2] == ["king", "queen"]
    assert len(answer["points"]) == 2 * len(answer["words"]) == 2 * len(table())
    assert 0.5 < max(map(abs, answer["points"])) < 2


@pytest.mark.parametrize("key", HOSTILE)
def test_hostile_keys_are_text_and_can_be_found(explorer, key):
    status, found = ask(explorer, f"/api/find?text={quote(key[:200], safe='')}")
    assert status == 200
    assert found["text"] == key[:200]
    assert ask(explorer, f"/api/similar?row={found['row']}")[0] == 200
    response, body = get(explorer, f"/api/find?text={quote(key[:200], safe='')}")
    assert response.getheader("Content-Type") == "application/json"
    assert response.getheader("X-Content-Type-Options") == "nosniff"
    assert body.isascii()


def test_keys_that_are_numbers_and_rows_that_are_not():
    kv = KeyedVectors(2)
    kv.add_vectors([7, 8, 9], [[1, 0], [np.nan, 1], [1, 1]])
    with Explorer(kv, n_points=0) as running:
        assert ask(running, "/api/find?text=7")[1] == {"row": 0, "text": "7"}
        assert [word["text"] for word in ask(running, "/api/similar?row=0")[1]["words"]] == ["9"]
        assert ask(running, "/api/compare?rows=0,1")[1]["cosines"][0][1] is None
        assert ask(running, "/api/map")[1] == {"words": [], "points": []}


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", "localhost:1", ""])
def test_a_foreign_host_is_refused(explorer, host):
    for path in ("/", "/api/info", "/page.js"):
        response, body = get(explorer, path, Host=host)
        assert response.status == 403
        assert b"words" not in body


def test_another_page_is_refused(explorer):
    netloc = urlsplit(explorer.url).netloc
    assert get(explorer, "/api/info", Origin="http://evil.example")[0].status == 403
    assert get(explorer, "/api/info", Origin="null")[0].status == 403
    assert get(explorer, "/api/info", Sec_Fetch_Site="cross-site")[0].status == 403
    assert get(explorer, "/api/info", Origin=f"http://{netloc}", Sec_Fetch_Site="same-origin")[0].status == 200
    assert get(explorer, "/api/info", Host=netloc.replace("127.0.0.1", "localhost"))[0].status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_can_be_written(explorer, method):
    assert get(explorer, "/api/info", method=method)[0].status in (403, 501)


@pytest.mark.parametrize(
    "path",
    ["/api/similar", "/api/similar?row=-1", "/api/similar?row=x", "/api/similar?row=999",
     f"/api/similar?row={'9' * 40}", "/api/analogy?a=1", "/api/find?text=nowhere", "/etc/passwd", "/../page.js",
     "/page.py", "/api/", "/api/compare?rows=0,x"],
)  # fmt: skip
def test_wrong_questions_get_an_error_in_words(explorer, path):
    status, answer = ask(explorer, path)
    assert status in (400, 404)
    assert answer["error"]


def test_it_listens_to_this_machine_alone_and_stops():
    running = Explorer(table(), n_points=0)
    assert urlsplit(running.url).hostname == "127.0.0.1"
    with pytest.raises(OSError, match="in use"):
        Explorer(table(), urlsplit(running.url).port, n_points=0)
    running.start()
    before = threading.active_count()
    running.close()
    assert threading.active_count() < before
    with pytest.raises(ConnectionError):
        get(running, "/")


def test_maps_are_the_same_again_and_bounded():
    kv = KeyedVectors(8)
    kv.add_vectors([f"w{row}" for row in range(300)], np.random.default_rng(0).standard_normal((300, 8)))
    kv.vectors[5] = np.nan
    points = layout(kv, 200, "pca")
    assert points.shape == (200, 2)
    assert (np.abs(points) <= 1).mean() > 0.99
    assert points[5].tolist() == [0, 0]
    assert (points == layout(kv, 200, "pca")).all()
    with pytest.raises(ValueError, match="method='best'"):
        layout(kv, 200, "best")
