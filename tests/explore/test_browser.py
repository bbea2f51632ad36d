"""The explorer in a real browser: search, walk, analogy, comparison, map, hostile keys, light and dark."""

import os
import shutil
import time

import numpy as np
import pytest

from fastw2v import KeyedVectors
from fastw2v.explore import Explorer

REQUIRED = bool(os.environ.get("FASTW2V_REQUIRE_BROWSER"))
FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--window-size=1000,800",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip
HOSTILE = "<img src=x onerror=document.title='gotcha'>"


def program(*names):
    return next((path for name in names if (path := shutil.which(name))), None)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    chromium, driver = program("chromium", "chromium-browser", "google-chrome"), program("chromedriver")
    if not REQUIRED:
        pytest.importorskip("selenium", reason="selenium is not installed")
        if not (chromium and driver):
            pytest.skip("no Chromium with its driver is installed")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in [*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    running = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield running
    running.quit()


@pytest.fixture(scope="module")
def explorer():
    rng = np.random.default_rng(0)
    keys = ["king", "queen", "man", "woman", "kingdom", HOSTILE, *(f"word{n}" for n in range(60))]
    rows = rng.standard_normal((len(keys), 12))
    rows[1] = rows[0] - rows[2] + rows[3]
    kv = KeyedVectors(12)
    kv.add_vectors(keys, rows, extras={"count": np.arange(len(keys), 0, -1)})
    with Explorer(kv, method="pca") as running:
        running.vectors = kv
        yield running


def find(browser, selector):
    return browser.find_elements("css selector", selector)


def until(check, seconds=15):
    """What ``check`` gives as soon as it is true."""
    end = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)
    return found


def texts(browser, selector):
    return [one.text for one in find(browser, selector)]


@pytest.mark.timeout(180)
def test_a_walk(browser, explorer):
    browser.get(explorer.url)
    search = find(browser, "#search")[0]
    search.send_keys("kin")
    assert until(lambda: texts(browser, "#completions li")) == ["king", "kingdom"]
    search.send_keys("\ue015", "\ue007")  # down, enter
    until(lambda: texts(browser, "#word") == ["king"])
    expected = [key for key, _ in explorer.vectors.most_similar("king", topn=20)]
    assert texts(browser, "#neighbours .text") == expected
    assert browser.current_url.endswith("#king")

    find(browser, "#neighbours li")[0].click()
    until(lambda: texts(browser, "#word") == [expected[0]])
    browser.back()
    until(lambda: texts(browser, "#word") == ["king"])

    find(browser, "[data-view=analogy]")[0].click()
    for name, word in zip("abc", ("man", "king", "woman"), strict=True):
        until(lambda name=name: find(browser, f"#analogy-form [name={name}]")[0].is_displayed())
        find(browser, f"#analogy-form [name={name}]")[0].send_keys(word)
    find(browser, "#analogy-form button")[0].click()
    assert until(lambda: texts(browser, "#analogy-answers .text"))[0] == "queen"

    browser.get(explorer.url + "#compare/king/queen")
    assert until(lambda: texts(browser, "#cosines td"))[0] == "1.00"

    browser.get(explorer.url + "#map")
    hit = until(lambda: browser.execute_script("return map.hits[0]"))
    word = browser.execute_script("return map.words[map.hits[0][0]]")
    from selenium.webdriver import ActionChains

    canvas = find(browser, "#canvas")[0]
    middle = (canvas.size["width"] / 2, canvas.size["height"] / 2)
    ActionChains(browser).move_to_element_with_offset(
        canvas, int((hit[1] + hit[3]) / 2 - middle[0]), int((hit[2] + hit[4]) / 2 - middle[1])
    ).click().perform()
    until(lambda: texts(browser, "#word") == [word])
    assert [line for line in browser.get_log("browser") if line["level"] == "SEVERE"] == []


@pytest.mark.timeout(180)
def test_figures(browser, explorer):
    browser.get(explorer.url)
    until(lambda: find(browser, "#search"))
    shown = [browser.execute_script("return figure(arguments[0], 2)", x) for x in (-0.004, 0.0, -0.006, 1, None)]
    assert shown == ["0.00", "0.00", "-0.01", "1.00", "–"]


@pytest.mark.timeout(180)
def test_a_hostile_key_is_shown_as_text(browser, explorer):
    browser.get(explorer.url + "#map")
    until(lambda: browser.execute_script("return map.hits.length"))
    browser.execute_script("goWord(arguments[0])", HOSTILE)
    until(lambda: texts(browser, "#word") == [HOSTILE])
    assert not find(browser, "main img")
    assert browser.title != "gotcha"


@pytest.mark.timeout(180)
def test_unknown_words_and_the_dark(browser, explorer):
    browser.get(explorer.url + "#quene")
    until(lambda: "close to it: queen" in texts(browser, "#message")[0])

    def background():
        return browser.execute_script("return getComputedStyle(document.body).backgroundColor")

    before = background()
    find(browser, "#theme")[0].click()
    until(lambda: background() != before)
    find(browser, "body")[0].send_keys("/")
    until(lambda: browser.switch_to.active_element.get_attribute("id") == "search")
