from datetime import timedelta

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
