"""Membership: who belongs, why they may enter, and what they are told."""

from pathlib import Path
from typing import Any

import httpx

from services.membership.access.feature import FEATURE as ACCESS
from services.membership.account.feature import FEATURE as ACCOUNT
from services.membership.acquaintance.decider import acquaintance_stream
from services.membership.acquaintance.feature import FEATURE as ACQUAINTANCE
from services.membership.activity.feature import FEATURE as ACTIVITY
from services.membership.activity_choice.feature import FEATURE as ACTIVITY_CHOICE
from services.membership.admission.feature import FEATURE as ADMISSION
from services.membership.announcement.feature import FEATURE as ANNOUNCEMENT
from services.membership.application.feature import FEATURE as APPLICATION
from services.membership.attribution.feature import FEATURE as ATTRIBUTION
from services.membership.audience.feature import FEATURE as AUDIENCE
from services.membership.ballot.feature import FEATURE as BALLOT
from services.membership.benefit.feature import FEATURE as BENEFIT
from services.membership.broadcast.feature import FEATURE as BROADCAST
from services.membership.bundle.events import BundleAsked
from services.membership.bundle.feature import FEATURE as BUNDLE
from services.membership.cause.feature import FEATURE as CAUSE
from services.membership.certificate.feature import FEATURE as CERTIFICATE
from services.membership.chat.feature import FEATURE as CHAT
from services.membership.chat_audit.feature import FEATURE as CHAT_AUDIT
from services.membership.chat_server.feature import FEATURE as CHAT_SERVER
from services.membership.client.feature import FEATURE as CLIENT
from services.membership.community.feature import FEATURE as COMMUNITY
from services.membership.content.feature import FEATURE as CONTENT
from services.membership.crossing.feature import FEATURE as CROSSING
from services.membership.delivery.feature import FEATURE as DELIVERY
from services.membership.direct.feature import FEATURE as DIRECT
from services.membership.directory.feature import FEATURE as DIRECTORY
from services.membership.document.feature import FEATURE as DOCUMENT
from services.membership.domain.feature import FEATURE as DOMAIN
from services.membership.endpoint.feature import FEATURE as ENDPOINT
from services.membership.feedback.feature import FEATURE as FEEDBACK
from services.membership.file.feature import FEATURE as FILE
from services.membership.gateways import mail_reports, whatsapp_reports
from services.membership.gateways.certifier import Certifier
from services.membership.gateways.discord_stream import DiscordStream
from services.membership.gateways.dns_gateway import DnsGateway
from services.membership.gateways.gateway import Messenger
from services.membership.gateways.oidc_gateway import OidcGateway
from services.membership.gateways.passes import Passes
from services.membership.gateways.proofs import sessions_of
from services.membership.gateways.smtp_gateway import SmtpGateway
from services.membership.gateways.webhook_gateway import WebhookGateway
from services.membership.gateways.whatsapp_gateway import WhatsappGateway
from services.membership.goal.feature import FEATURE as GOAL
from services.membership.grace.feature import FEATURE as GRACE
from services.membership.grant.feature import FEATURE as GRANT
from services.membership.group.feature import FEATURE as GROUP
from services.membership.group_seat.feature import FEATURE as GROUP_SEAT
from services.membership.guest.feature import FEATURE as GUEST
from services.membership.holding.feature import FEATURE as HOLDING
from services.membership.idea.feature import FEATURE as IDEA
from services.membership.improvement.feature import FEATURE as IMPROVEMENT
from services.membership.introduction.feature import FEATURE as INTRODUCTION
from services.membership.invitation.decider import addressee_of
from services.membership.invitation.feature import FEATURE as INVITATION
from services.membership.lapse.feature import FEATURE as LAPSE
from services.membership.link.feature import FEATURE as LINK
from services.membership.member.events import PersonErased
from services.membership.member.feature import FEATURE as MEMBER
from services.membership.member.projections import person_of
from services.membership.member_export.feature import FEATURE as MEMBER_EXPORT
from services.membership.member_import.feature import FEATURE as MEMBER_IMPORT
from services.membership.merging.feature import FEATURE as MERGING
from services.membership.merging.projections import all_of
from services.membership.notice.feature import FEATURE as NOTICE
from services.membership.onboarding.feature import FEATURE as ONBOARDING
from services.membership.onboarding_plan.feature import FEATURE as ONBOARDING_PLAN
from services.membership.organisation.feature import FEATURE as ORGANISATION
from services.membership.poll.feature import FEATURE as POLL
from services.membership.preference.feature import FEATURE as PREFERENCE
from services.membership.present.feature import FEATURE as PRESENT
from services.membership.recognition.feature import FEATURE as RECOGNITION
from services.membership.recognition_rules.feature import FEATURE as RECOGNITION_RULES
from services.membership.representative.feature import FEATURE as REPRESENTATIVE
from services.membership.retention_rules.feature import FEATURE as RETENTION_RULES
from services.membership.ritual.feature import FEATURE as RITUAL
from services.membership.seat.feature import FEATURE as SEAT
from services.membership.settings import Settings
from services.membership.setup.feature import FEATURE as SETUP
from services.membership.sitter.decider import stream_of as seats_of
from services.membership.sitter.feature import FEATURE as SITTER
from services.membership.situation.feature import FEATURE as SITUATION
from services.membership.sponsorship.feature import FEATURE as SPONSORSHIP
from services.membership.spotlight.feature import FEATURE as SPOTLIGHT
from services.membership.takeout import CONTENTS
from services.membership.text.feature import FEATURE as TEXT
from services.membership.tier.feature import FEATURE as TIER
from services.membership.transition.feature import FEATURE as TRANSITION
from shared import erasure
from shared.auth import TokenSigner
from shared.contracts.membership_destruction import KeptDataDestroyed, PersonDataDestroyed
from shared.contracts.membership_privacy import PersonForgotten
from shared.feature import Feature
from shared.service import Blueprint
from shared.takeout.community import community
from shared.takeout.destruction import destruction
from shared.takeout.exports import exports
from shared.takeout.own_data import own_data
from shared.takeout.packing import bundle_part
from shared.takeout.retention import retention
from shared.takeout.search import Reach
from shared.takeout.store import stores

REACH = Reach(
    person_of=person_of,
    all_of=all_of,
    streams=(acquaintance_stream, seats_of),
    keys=(addressee_of,),
    vendors=(whatsapp_reports.SOURCE,),
    beside=sessions_of,
)
MOUNTED = (
    ACCOUNT,
    CLIENT,
    COMMUNITY,
    DOMAIN,
    TIER,
    MEMBER,
    MERGING,
    GUEST,
    INVITATION,
    ADMISSION,
    APPLICATION,
    DOCUMENT,
    ACCESS,
    PRESENT,
    GRACE,
    CAUSE,
    DIRECTORY,
    INTRODUCTION,
    ACQUAINTANCE,
    PREFERENCE,
    FILE,
    CONTENT,
    TEXT,
    ACTIVITY_CHOICE,
    ACTIVITY,
    ANNOUNCEMENT,
    DIRECT,
    NOTICE,
    AUDIENCE,
    BROADCAST,
    RITUAL,
    IDEA,
    POLL,
    BALLOT,
    FEEDBACK,
    IMPROVEMENT,
    GOAL,
    RECOGNITION_RULES,
    RECOGNITION,
    SPOTLIGHT,
    TRANSITION,
    CROSSING,
    ENDPOINT,
    DELIVERY,
    CHAT_SERVER,
    BENEFIT,
    CHAT,
    CHAT_AUDIT,
    GROUP,
    GROUP_SEAT,
    Feature(name="whatsapp_reports", router=whatsapp_reports.router),
    Feature(name="mail_reports", router=mail_reports.router),
    LINK,
    SPONSORSHIP,
    ATTRIBUTION,
    ONBOARDING_PLAN,
    ONBOARDING,
    SETUP,
    SEAT,
    SITTER,
    ORGANISATION,
    REPRESENTATIVE,
    SITUATION,
    GRANT,
    HOLDING,
    RETENTION_RULES,
    LAPSE,
    CERTIFICATE,
    BUNDLE,
    bundle_part("membership", BundleAsked, REACH),
    MEMBER_EXPORT,
    exports("membership"),
    community("membership", CONTENTS),
    MEMBER_IMPORT,  # Last, so that what its rows lead to is asked before it asks for more.
    erasure.feature("membership", PersonErased, PersonForgotten),
    destruction("membership", PersonErased, PersonDataDestroyed, KeptDataDestroyed),
)
FEATURES = (*MOUNTED, own_data("membership", MOUNTED, REACH), retention("membership"))


def blueprint() -> Blueprint:
    """The service as the environment describes it."""
    return blueprint_of(Settings())


def blueprint_of(settings: Settings) -> Blueprint:
    return Blueprint(
        name="membership",
        settings=settings,
        features=FEATURES,
        migrations=Path(__file__).parent / "migrations",
        gateways=_gateways(settings),
    )


def _gateways(settings: Settings) -> dict[str, Any]:
    password = settings.smtp_password
    gateways: dict[str, Any] = {
        "signer": TokenSigner(settings.token_key.get_secret_value()),
        "certifier": Certifier(settings.token_key.get_secret_value()),
        "passes": Passes(settings.token_key.get_secret_value()),
        "post": SmtpGateway(
            settings.smtp,
            settings.mail_from,
            settings.smtp_username,
            password.get_secret_value() if password else None,
        ),
        "resolver": DnsGateway(settings.dns),
        "courier": WebhookGateway(to_loopback=settings.webhooks_to_loopback),
    }
    if settings.oidc_issuer and settings.oidc_audience and settings.oidc_keys_url:
        gateways["identity"] = OidcGateway(
            settings.oidc_issuer,
            settings.oidc_audience,
            settings.oidc_keys_url,
            httpx.AsyncClient(),
        )
    if settings.mail_reports:
        gateways["mail_reports"] = settings.mail_reports.get_secret_value()
    return gateways | _chat(settings) | _messenger(settings) | stores(settings, "membership")


def _chat(settings: Settings) -> dict[str, Any]:
    token, secret = settings.discord_token, settings.discord_client_secret
    if not (token and settings.discord_client_id and secret):
        return {}
    from services.membership.gateways.discord_gateway import DiscordGateway  # noqa: PLC0415 - 24 MB (docs/adr/0014)

    chat = DiscordGateway(
        token.get_secret_value(),
        settings.discord_client_id,
        secret.get_secret_value(),
        url=settings.discord_url,
        origin=settings.origin,
        back=settings.discord_return or f"{settings.origin}/discord",
    )
    if not settings.discord_activity:
        return {"chat": chat}
    return {"chat": chat, "chat_stream": DiscordStream(token.get_secret_value(), chat.stream_plan)}


def _messenger(settings: Settings) -> dict[str, Messenger]:
    token, secret, verify = (
        settings.whatsapp_token, settings.whatsapp_secret, settings.whatsapp_verify,
    )  # fmt: skip
    if not (token and settings.whatsapp_number_id and secret and verify):
        return {}
    messenger = WhatsappGateway(
        token.get_secret_value(),
        settings.whatsapp_number_id,
        secret=secret.get_secret_value(),
        verify=verify.get_secret_value(),
        template=settings.whatsapp_template,
        message_template=settings.whatsapp_message_template,
        url=settings.whatsapp_url,
    )
    return {"messenger": messenger}
