import time

import pytest

from issues import phones

ANA = "+5511900000001"


@pytest.mark.parametrize(
    "written",
    [
        "11 90000-0001",
        "(11) 90000-0001",
        "011 90000-0001",
        "5511900000001",
        "+5511900000001",
        "+55 (11) 9 0000-0001",
        "0055 11 90000-0001",
        "tel:+5511900000001",
        "5511900000001@s.whatsapp.net",
        "5511900000001:12@s.whatsapp.net",
        "5511900000001@c.us",
        "\u202a+55 11 90000-0001\u202c",
        "１１ ９００００ ０００１",
    ],
)
def test_one_brazilian_mobile_has_one_form_however_it_is_written(written):
    assert phones.canonical(written) == ANA


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("+55 11 8888-7777", "+5511988887777"),
        ("551188887777", "+5511988887777"),
        ("11 8888-7777", "+5511988887777"),
        ("554168887777@s.whatsapp.net", "+5541968887777"),
        ("(55) 9999-0000", "+5555999990000"),
    ],
)
def test_a_mobile_from_before_the_ninth_digit_gets_it(written, canonical):
    assert phones.canonical(written) == canonical


@pytest.mark.parametrize("written", ["551133334444", "+55 11 3333-4444", "11 3333-4444", "551153334444"])
def test_landlines_keep_their_eight_digits(written):
    assert len(phones.canonical(written)) == len("+551133334444")


def test_the_area_code_55_is_not_taken_for_the_country():
    assert phones.canonical("55 99999-0000") == "+5555999990000"
    assert phones.canonical("5555999990000") == "+5555999990000"


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("+14155552671", "+14155552671"),
        ("14155552671", "+14155552671"),
        ("14155552671@s.whatsapp.net", "+14155552671"),
        ("447911123456", "+447911123456"),
    ],
)
def test_foreign_numbers_stay_foreign(written, canonical):
    assert phones.canonical(written) == canonical


@pytest.mark.parametrize(
    "written",
    ["", "+", "abc", "119", "90000-0001", "9" * 500, "5511900000001@lid", "120363000000000001@g.us", "+55 11 900"],
)
def test_what_cannot_be_a_number_is_none(written):
    assert phones.canonical(written) is None


def test_a_number_of_another_region_is_read_in_that_region():
    assert phones.canonical("020 7946 0018", "GB") == "+442079460018"


def test_only_numbers_that_once_had_eight_digits_have_two_forms():
    assert phones.forms("+5511988887777") == {"+5511988887777", "+551188887777"}
    assert phones.forms("+551188887777") == {"+5511988887777", "+551188887777"}
    assert phones.forms("+5511933334444") == {"+5511933334444"}  # 11 3333-4444 is somebody's landline
    assert phones.forms("+14155552671") == {"+14155552671"}
    assert phones.other_form(ANA) is None


def test_screens_show_the_end_of_a_number_only():
    assert phones.masked(ANA) == "+55 11 •••• 0001"
    assert phones.masked("+14155552671") == "+1 •••• 2671"
    assert phones.masked(None) == ""


def test_whatsapp_is_given_digits():
    assert phones.digits(ANA) == "5511900000001"


def test_a_number_is_read_in_a_fifth_of_a_millisecond():
    started = time.process_time()
    for number in range(2_000):
        phones.canonical(f"+55 11 9{number:04d}-0001")
    assert (time.process_time() - started) / 2_000 < 0.0002
