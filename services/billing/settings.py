"""The environment billing reads, beside what every service reads."""

from pydantic import Field, FilePath, SecretStr, ValidationInfo, field_validator

from shared.takeout.store import StoreSettings


class Settings(StoreSettings):
    """Billing alone speaks to the payment processors."""

    stripe_key: SecretStr = Field(description="the platform's secret key at Stripe")
    stripe_webhook_secret: SecretStr = Field(
        min_length=1, description="what Stripe signs its webhooks with"
    )
    stripe_url: str | None = Field(
        default=None, pattern=r"^https?://", description="another address of Stripe: a double's"
    )
    stripe_client_id: str | None = Field(
        default=None,
        pattern=r"^ca_\w+$",
        description="the platform's id in Stripe's OAuth, which lets sellers connect an account they have",
    )
    platform_fee_bps: int = Field(
        default=0,
        ge=0,
        le=5_000,
        description="what the platform keeps of a charge on a community's own account at Stripe, in basis points",
    )
    paypal_client_id: str | None = Field(
        default=None, description="the platform's app at PayPal; with the two below it turns it on"
    )
    paypal_secret: SecretStr | None = None
    paypal_webhook_id: str | None = Field(
        default=None,
        validate_default=True,
        description="the id PayPal gave our webhook, which every signature is over",
    )
    paypal_url: str = Field(
        default="https://api-m.paypal.com", pattern=r"^https?://", description="PayPal's API"
    )
    paypal_roots: FilePath | None = Field(
        default=None,
        description="a PEM file of what PayPal's certificates are under, instead of DigiCert's roots",
    )

    @field_validator("paypal_webhook_id")
    @classmethod
    def _with_the_rest(cls, webhook_id: str | None, info: ValidationInfo) -> str | None:
        told = info.data.get("paypal_client_id"), info.data.get("paypal_secret"), webhook_id
        if any(told) and not all(told):
            message = "it goes together with TESSERA_PAYPAL_CLIENT_ID and TESSERA_PAYPAL_SECRET"
            raise ValueError(message)
        return webhook_id
