"""Schedules written out by hand, and every wrong request refused with a message that names it."""

from typing import Any

import pytest

from encoders.base import EncoderError
from encoders.schedules import PAPER_INTERMITTENT, SCHEDULES, Schedule, build


def test_cyclic_counts_up_and_starts_again() -> None:
    assert build(Schedule("cyclic"), 6, total=4) == (0, 1, 2, 3, 0, 1)


def test_truncated_cycles_over_the_first_frequencies() -> None:
    assert build(Schedule("truncated", frequencies=3), 7, total=16) == (0, 1, 2, 0, 1, 2, 0)


def test_interleaved_holds_each_frequency_for_its_share() -> None:
    assert build(Schedule("interleaved", frequencies=3), 6, total=16) == (0, 0, 1, 1, 2, 2)


def test_intermittent_is_the_papers_set_unless_another_is_given() -> None:
    assert PAPER_INTERMITTENT == (0, 2, 5, 7, 9, 10, 12, 15)
    assert build(Schedule("intermittent"), 10, total=16) == (0, 2, 5, 7, 9, 10, 12, 15, 0, 2)
    assert build(Schedule("intermittent", indices=(3, 1)), 3, total=16) == (3, 1, 3)


def test_explicit_is_what_the_user_wrote() -> None:
    assert build(Schedule("explicit", indices=(9, 0, 9)), 5, total=16) == (9, 0, 9, 9, 0)


def test_weighted_gives_low_frequencies_more_passes() -> None:
    assert build(Schedule("weighted", weights=(3, 2, 1)), 8, total=16) == (0, 1, 2, 0, 1, 0, 0, 1)


def test_one_weight_is_one_frequency() -> None:
    assert build(Schedule("weighted", weights=(2,)), 3, total=16) == (0, 0, 0)


def test_weighted_may_give_any_frequency_most() -> None:
    assert build(Schedule("weighted", weights=(1, 3, 1)), 5, total=16) == (0, 1, 2, 1, 1)


@pytest.mark.parametrize("weight", [1, 2])
def test_equal_weights_are_the_cyclic_schedule(weight: int) -> None:
    assert build(Schedule("weighted", weights=(weight,) * 16), 40, total=16) == build(Schedule("cyclic"), 40, total=16)


@pytest.mark.parametrize("name", [n for n in SCHEDULES if n != "interleaved"])
@pytest.mark.parametrize("shorter", [1, 7, 15])
def test_all_but_interleaved_begin_with_their_shorter_selves(name: str, shorter: int) -> None:
    own: dict[str, dict[str, Any]] = {
        "truncated": {"frequencies": 5},
        "explicit": {"indices": (4, 2)},
        "weighted": {"weights": (2, 1)},
    }
    request = own.get(name, {})
    assert build(Schedule(name, **request), 48, total=16)[:shorter] == build(
        Schedule(name, **request), shorter, total=16
    )


@pytest.mark.parametrize(
    ("name", "timesteps", "request_", "message"),
    [
        ("zigzag", 4, {}, "unknown schedule 'zigzag'"),
        ("cyclic", 0, {}, "timesteps must be a whole number from 1"),
        ("cyclic", 4, {"frequencies": 17}, "from 1 to 16, not 17"),
        ("cyclic", 4, {"frequencies": 0}, "from 1 to 16, not 0"),
        ("cyclic", 4, {"indices": (0, 1)}, "takes `frequencies`, not `indices`"),
        ("cyclic", 4, {"weights": (2, 1)}, "takes `frequencies`, not `weights`"),
        ("truncated", 4, {}, "needs `frequencies`"),
        ("interleaved", 40, {}, "multiple of 16"),
        ("interleaved", 20, {"frequencies": 8}, "multiple of 8"),
        ("intermittent", 4, {"frequencies": 8}, "takes `indices`, not `frequencies`"),
        ("intermittent", 4, {"indices": (0, 16)}, "index must be a whole number from 0 to 15, not 16"),
        ("explicit", 4, {}, "needs `indices`"),
        ("explicit", 4, {"indices": ()}, "^a schedule needs at least one frequency index"),
        ("explicit", 4, {"indices": (0, -1)}, "from 0 to 15, not -1"),
        ("explicit", 4, {"indices": (0, 1.5)}, "from 0 to 15, not 1.5"),
        ("weighted", 4, {}, "needs `weights`"),
        ("weighted", 4, {"weights": (2, 0)}, "a weight must be a whole number from 1"),
        ("weighted", 4, {"weights": ()}, "1 to 16"),
        ("weighted", 4, {"weights": (1,) * 17}, "1 to 16"),
        ("weighted", 4, {"weights": (10**9,)}, "from 1 to 10000, not 1000000000"),
        ("weighted", 4, {"weights": (9000, 9000)}, "at most 10000 timesteps, not 18000"),
        ("cyclic", 2.5, {}, "timesteps must be a whole number from 1 to 1000000, not 2.5"),
        ("cyclic", True, {}, "timesteps must be a whole number from 1 to 1000000, not True"),
    ],
)
def test_wrong_requests_are_refused(name: str, timesteps: int, request_: dict[str, Any], message: str) -> None:
    with pytest.raises(EncoderError, match=message.replace("(", r"\(")):
        build(Schedule(name, **request_), timesteps, total=16)
