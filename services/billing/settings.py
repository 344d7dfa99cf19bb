"""The environment billing reads, beside what every service reads."""

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator

from shared.settings import Settings as KernelSettings


class Settings(KernelSettings):
    """Billing alone speaks to the payment processors."""

    stripe_key: SecretStr = Field(description="the platform's secret key at Stripe")
    stripe_webhook_secret: SecretStr = Field(
        min_length=1, description="what Stripe signs its webhooks with"
    )
    stripe_url: str | None = Field(
        default=None, pattern=r"^https?://", description="another address of Stripe: a double's"
    )
    paypal_client_id: str | None = Field(
        default=None, description="the platform's app at PayPal; with the two below it turns it on"
    )
    paypal_secret: SecretStr | None = None
    paypal_webhook_id: str | None = Field(
        default=None, description="the id PayPal gave our webhook, which every signature is over"
    )
    paypal_url: str = Field(
        default="https://api-m.paypal.com", pattern=r"^https?://", description="PayPal's API"
    )
    paypal_roots: Path | None = Field(
        default=None,
        description="a PEM file of what PayPal's certificates are under, instead of DigiCert's roots",
    )

    @model_validator(mode="after")
    def _all_of_paypal(self) -> Self:
        told = self.paypal_client_id, self.paypal_secret, self.paypal_webhook_id
        if any(told) and not all(told):
            message = "paypal_client_id, paypal_secret and paypal_webhook_id go together"
            raise ValueError(message)
        return self
