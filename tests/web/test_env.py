from datetime import time, timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured

from mis_dashboard.lib.env import Env


def test_days_that_nobody_set_are_for_ever():
    assert Env({"KEPT": "400"}).days("KEPT", low=400) == timedelta(days=400)
    assert Env({"KEPT": " "}).days("KEPT", low=400) is None
    assert Env({}).days("KEPT", low=400) is None


@pytest.mark.parametrize("value", ["399", "0", "-1", "1.5", "a year", "36501"])
def test_too_few_days_and_what_is_no_number_are_refused_with_what_to_write(value):
    with pytest.raises(ImproperlyConfigured, match=r"KEPT is .*: write a whole number of days from 400 to 36500"):
        Env({"KEPT": value}).days("KEPT", low=400)


def test_hours_may_go_over_midnight():
    assert Env({"QUIET": "22:00-07:30"}).hours("QUIET") == (time(22), time(7, 30))
    assert Env({"QUIET": ""}).hours("QUIET") is None


@pytest.mark.parametrize("value", ["22:00", "22-7", "22:00-22:00", "25:00-07:00", "22:00-07:00-08:00", "at night"])
def test_hours_that_are_none_are_refused_with_what_to_write(value):
    with pytest.raises(ImproperlyConfigured, match=r"QUIET is .*: write two times of day, such as 22:00-07:00"):
        Env({"QUIET": value}).hours("QUIET")
