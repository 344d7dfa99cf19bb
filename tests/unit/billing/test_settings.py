"""PayPal is set up as a whole or not at all: half of it would take money that nobody hears of. A share is a share."""

import base64

import pytest
from pydantic import ValidationError

from services.billing.settings import Settings

REST = {
    "database_url": "postgresql://nobody@localhost/nowhere",
    "kafka": "127.0.0.1:1",
    "secret": "s" * 64,
    "kek": base64.urlsafe_b64encode(b"k" * 32).decode(),
    "token_keys": '{"keys": []}',
    "origin": "http://club.test",
    "stripe_key": "sk_test",
    "stripe_webhook_secret": "whsec",
}
PAYPAL = {
    "paypal_client_id": "app",
    "paypal_secret": "secret",
    "paypal_webhook_id": "8PT597110X687430LKGECATA",
}


def test_it_is_off_when_nothing_is_said_of_it_and_on_with_all_three() -> None:
    assert Settings.model_validate(REST).paypal_client_id is None
    assert Settings.model_validate(REST | PAYPAL).paypal_client_id == "app"


@pytest.mark.parametrize("missing", PAYPAL)
def test_half_of_it_is_refused(missing: str) -> None:
    told = {name: value for name, value in PAYPAL.items() if name != missing}
    with pytest.raises(ValidationError, match="goes together") as refusal:
        Settings.model_validate(REST | told)
    (error,) = refusal.value.errors()
    assert error["loc"] == ("paypal_webhook_id",), "the command line names what to set"


def test_half_a_bucket_is_refused_here_as_everywhere() -> None:
    with pytest.raises(ValidationError, match="TESSERA_FILES_KEY"):
        Settings.model_validate(REST | {"files_bucket": "https://b.s3.test"})


@pytest.mark.parametrize("share", [-1, 5_001, "a tenth"])
def test_the_platforms_part_is_from_nothing_to_a_half(share: object) -> None:
    assert Settings.model_validate(REST).platform_fee_bps == 0
    with pytest.raises(ValidationError) as refusal:
        Settings.model_validate(REST | {"platform_fee_bps": share})
    (error,) = refusal.value.errors()
    assert error["loc"] == ("platform_fee_bps",)
