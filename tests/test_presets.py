"""Presets: defaults that the program's own arguments win over."""

import inspect

import pytest

from fastw2v import Word2Vec
from fastw2v.parameters import TABLE, Parameters
from fastw2v.presets import PRESETS

SENTENCES = [["the", "king", "rules"], ["a", "queen", "sings"]] * 20


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_made_of_parameters_and_trains(name):
    assert set(PRESETS[name]) <= set(TABLE)
    Parameters(**PRESETS[name])
    model = Word2Vec(SENTENCES, preset=name, min_count=1, workers=1, vector_size=8)
    chosen = {**PRESETS[name], "min_count": 1, "vector_size": 8}
    assert {key: getattr(model, key) for key in chosen} == chosen
    assert len(model.wv) == 6


def test_what_is_given_wins_by_name_by_place_and_by_its_old_name():
    epochs = PRESETS["balanced"]["epochs"]
    assert epochs != Word2Vec().epochs
    assert Word2Vec(preset="balanced").epochs == epochs
    assert Word2Vec(preset="balanced", epochs=Word2Vec().epochs).epochs == Word2Vec().epochs  # though it is the default
    with pytest.warns(DeprecationWarning, match="iter=") as warned:
        assert Word2Vec(preset="balanced", iter=3).epochs == 3
    assert warned[0].filename == __file__
    places = inspect.signature(Word2Vec).parameters
    arguments = [place.default for place in places.values()][: list(places).index("sg")]
    assert Word2Vec(*arguments, 0, preset="balanced").sg == 0


def test_a_class_of_a_program_hands_its_preset_on():
    class Mine(Word2Vec):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **{"window": 2, **kwargs})

    model = Mine(preset="balanced")
    assert (model.window, model.epochs) == (2, PRESETS["balanced"]["epochs"])


def test_without_a_preset_all_is_gensims():
    assert Word2Vec().epochs == 5
    assert Word2Vec(preset=None).sg == 0
    assert "preset" in inspect.signature(Word2Vec).parameters


@pytest.mark.parametrize("name", ["best", "", 3, ["balanced"]])
def test_an_unknown_preset_names_the_known_ones(name):
    with pytest.raises(ValueError, match=r"preset=.*use one of balanced"):
        Word2Vec(preset=name)
