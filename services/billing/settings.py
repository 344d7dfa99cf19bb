"""The environment billing reads, beside what every service reads."""

from pydantic import Field, SecretStr

from shared.settings import Settings as KernelSettings


class Settings(KernelSettings):
    """Billing alone speaks to the payment processor."""

    stripe_key: SecretStr = Field(description="the platform's secret key at Stripe")
    stripe_webhook_secret: SecretStr = Field(
        min_length=1, description="what Stripe signs its webhooks with"
    )
    stripe_url: str | None = Field(
        default=None, pattern=r"^https?://", description="another address of Stripe: a double's"
    )
