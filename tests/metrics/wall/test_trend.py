"""The drawings of the last four hours, worked out by hand."""

from metrics.wall import trend


def test_the_highest_bar_fills_the_box_and_the_unfinished_one_stands_apart():
    whole, last = trend.bars([2, 0, 4, 1], unfinished=True)
    assert whole == "M31.2 100v-50h187.5v50zM531.2 100v-100h187.5v100z"
    assert last == "M781.2 100v-25h187.5v25z"


def test_one_among_many_is_still_to_be_seen():
    whole, last = trend.bars([1, 1000], unfinished=False)
    assert whole.startswith("M62.5 100v-1.5h375")
    assert last == ""


def test_nothing_draws_nothing():
    assert trend.bars([0, 0], unfinished=True) == ("", "")
    assert trend.bars([], unfinished=True) == ("", "")
    assert trend.line([None, None], 60) == ""


def test_a_gap_stays_a_gap_and_one_between_two_is_a_dot():
    assert trend.line([30, 60, None, 0, None], 60) == "M100 50L300 0M700 100h0"


def test_the_scale_leaves_room_above_the_highest_and_the_target():
    assert trend.scale([None, 10], target=30) == 60
    assert trend.scale([100], target=30) == 108
    assert trend.level(30, 60) == "M0 50H1000"
