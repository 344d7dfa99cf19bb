"""The environment membership reads, beside what every service reads."""

from uuid import UUID

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from shared.takeout.store import StoreSettings


class Settings(StoreSettings):
    """Membership alone issues tokens and sends mail."""

    token_key: SecretStr = Field(
        description="private Ed25519 JWK that signs access tokens; its kid is in TESSERA_TOKEN_KEYS"
    )
    smtp: str = Field(pattern=r"^[^\s:]+:\d+$", description="host:port of the mail server")
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    mail_from: str = Field(description="the address mail comes from, such as Tessera <hello@…>")
    codes_per_email: int = Field(default=10, ge=1, description="sign-in codes an hour")
    codes_per_address: int = Field(default=300, ge=1, description="the same per network address")
    import_letters: int = Field(
        default=300, ge=1, le=400, description="letters an import sends a minute"
    )
    announcement_letters: int = Field(
        default=300,
        ge=1,
        le=400,
        description="letters an announcement, or other news to many, sends a minute",
    )
    platform_staff: frozenset[UUID] = Field(
        default=frozenset(), description="JSON list of the accounts that may see every community"
    )
    dns: str | None = Field(
        default=None,
        pattern=r"^[^\s:]+:\d+$",
        description="IP:port of the resolver that proves domains; the system's if unset",
    )
    oidc_issuer: str | None = Field(default=None, description="turns the token exchange on")
    oidc_audience: str | None = None
    oidc_keys_url: str | None = Field(default=None, description="where the provider's JWKS is")
    mail_reports: SecretStr | None = Field(
        default=None, description="the secret of whoever hands on letters that bounce later"
    )
    discord_token: SecretStr | None = Field(
        default=None, description="the bot's; with the two below it turns chat access on"
    )
    discord_client_id: str | None = Field(default=None, pattern=r"^[1-9][0-9]{0,19}$")
    discord_client_secret: SecretStr | None = None
    discord_return: str | None = Field(
        default=None, description="the page Discord sends people back to; origin/discord if unset"
    )
    discord_url: str = Field(default="https://discord.com/api/v10", description="Discord's API")
    discord_activity: bool = Field(
        default=False,
        description="has a worker listen to who takes part on Discord, with the above",
    )
    whatsapp_token: SecretStr | None = Field(
        default=None, description="a system user's; with the three below it turns groups on"
    )
    whatsapp_number_id: str | None = Field(default=None, pattern=r"^[0-9]{1,30}$")
    whatsapp_secret: SecretStr | None = Field(
        default=None, description="the app's, which signs reports"
    )
    whatsapp_verify: SecretStr | None = Field(
        default=None, description="the word WhatsApp says when it asks if reports are wanted"
    )
    whatsapp_template: str = Field(default="group_invite", pattern=r"^[a-z0-9_]{1,512}$")
    whatsapp_message_template: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9_]{1,512}$",
        description="the template for messages, which turns WhatsApp on as a channel",
    )
    whatsapp_url: str = Field(
        default="https://graph.facebook.com/v23.0", description="WhatsApp's Cloud API"
    )
    webhooks_to_loopback: bool = Field(
        default=False, description="lets webhooks reach this very machine: only in development"
    )

    @field_validator("discord_activity")
    @classmethod
    def _can_listen(cls, wanted: bool, info: ValidationInfo) -> bool:  # noqa: FBT001  As pydantic calls it.
        """The bot is the one of chat access: who listens must know whose accounts they hear."""
        needed = ("discord_token", "discord_client_id", "discord_client_secret")
        missing = [name for name in needed if not info.data.get(name)]
        if wanted and missing:
            message = f"needs TESSERA_{missing[0].upper()} as well"
            raise ValueError(message)
        return wanted
