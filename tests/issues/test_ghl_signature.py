import base64
import json
from pathlib import Path

import pytest

from issues.crm.ghl.inbound import knows_secret, signed, usable_key

VECTOR = json.loads((Path(__file__).parents[1] / "payloads" / "ghl-signature-test-vector.json").read_text())
RAW = VECTOR["raw_body"].encode()
PEM = VECTOR["ed25519"]["test_public_key_pem"]
BARE = PEM.splitlines()[1]
SIGNATURE = VECTOR["ed25519"]["signature_base64"]
RSA = VECTOR["rsa_sha256"]
GHLS_OWN = "MCowBQYDK2VwAyEAi2HR1srL4o18O8BRa7gVJY7G7bupbN3H9AwJrHCDiOg="


@pytest.mark.parametrize(
    "key", [PEM, BARE, PEM.replace("\n", "\\n"), PEM.replace("\n", " "), PEM.strip().replace("\n", "\r\n")]
)
def test_a_signed_body_is_believed_however_the_key_is_written(key):
    assert signed(RAW, {"X-GHL-Signature": SIGNATURE}, [key])
    assert usable_key(key)


def test_any_of_the_keys_will_do_while_they_are_being_changed():
    assert signed(RAW, {"x-ghl-signature": SIGNATURE}, ["broken", GHLS_OWN, BARE])


def changed(signature, position):
    other = "A" if signature[position] != "A" else "B"
    return signature[:position] + other + signature[position + 1 :]


MUST_FAIL = {
    "raw_body with a trailing newline": (RAW + b"\n", SIGNATURE),
    "raw_body re-serialised with spaces after separators": (
        json.dumps(json.loads(RAW), ensure_ascii=False).encode(),
        SIGNATURE,
    ),
    "raw_body with non-ASCII characters escaped as \\uXXXX": (
        json.dumps(json.loads(RAW), separators=(",", ":")).encode(),
        SIGNATURE,
    ),
    "signature with one character changed": (RAW, changed(SIGNATURE, 10)),
    "header value N/A": (RAW, "N/A"),
    "header missing": (RAW, None),
}


@pytest.mark.parametrize("case", VECTOR["must_fail"])
def test_nothing_that_must_fail_is_believed(case):
    raw, signature = MUST_FAIL[case]
    assert not signed(raw, {} if signature is None else {"X-GHL-Signature": signature}, [PEM])


@pytest.mark.parametrize("position", range(86))
def test_no_character_of_a_signature_may_be_changed(position):
    assert not signed(RAW, {"X-GHL-Signature": changed(SIGNATURE, position)}, [PEM])


def test_a_signature_has_one_spelling():
    respelled = SIGNATURE[:85] + chr(ord(SIGNATURE[85]) + 1) + "=="
    assert base64.b64decode(respelled) == base64.b64decode(SIGNATURE)
    assert not signed(RAW, {"X-GHL-Signature": respelled}, [PEM])


@pytest.mark.parametrize("signature", ["", " ", "é", "====", "QUJD", SIGNATURE + "A", SIGNATURE[:-2], SIGNATURE[::-1]])
def test_a_strange_signature_is_false_and_never_an_error(signature):
    assert not signed(RAW, {"X-GHL-Signature": signature}, [PEM])


@pytest.mark.parametrize("keys", [[], [""], ["x"], ["é"], [RSA["test_public_key_pem"]], [GHLS_OWN]])
def test_without_the_right_key_nothing_is_believed(keys):
    assert not signed(RAW, {"X-GHL-Signature": SIGNATURE}, keys)


def test_the_retired_signature_rescues_nothing():
    headers = {"X-WH-Signature": RSA["signature_base64"], "X-GHL-Signature": changed(SIGNATURE, 3)}
    assert not signed(RAW, headers, [PEM, RSA["test_public_key_pem"]])


def test_the_published_key_can_be_used_and_others_are_told_apart():
    assert usable_key(GHLS_OWN)
    assert not usable_key(RSA["test_public_key_pem"])
    assert not usable_key(base64.b64encode(b"short").decode())


def test_every_locations_secret_opens_the_door_and_nothing_else_does():
    for secret in ("first-secret", "second-secret"):
        assert knows_secret({"x-mis-webhook-secret": secret}, ["first-secret", "second-secret"])
    for headers in ({}, {"X-MIS-Webhook-Secret": ""}, {"X-MIS-Webhook-Secret": "third"}, {"Other": "first-secret"}):
        assert not knows_secret(headers, ["first-secret", "second-secret"])
    assert not knows_secret({"X-MIS-Webhook-Secret": ""}, [])
    assert not knows_secret({"X-MIS-Webhook-Secret": ""}, [""])
