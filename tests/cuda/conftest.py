"""Trainings with device="cuda" get a played card."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.played_card import PlayedCard

from fastw2v.cuda import card, job


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[PlayedCard]]:
    """Say what cards are like from now on; returns the list of those that are opened."""

    def use(**how: object) -> list[PlayedCard]:
        opened: list[PlayedCard] = []

        def open_card(device: str) -> PlayedCard:
            opened.append(PlayedCard(**how))  # type: ignore[arg-type]
            opened[-1].name = f"a played card for {device}"
            return opened[-1]

        for module in (card, job):
            monkeypatch.setattr(module, "open_card", open_card)
        return opened

    return use
