"""What `manage.py check` says about the set-up: what is missing, and what to write."""

from django.conf import settings
from django.core.checks import Error, Info, Tags, register

from issues.crm.ghl.inbound import usable_key


@register(Tags.compatibility)
def integrations(app_configs, **kwargs):
    """One line for every integration that is not configured; the product starts without them."""
    wanted = [
        ("mis.I001", "Gemini", ["GEMINI_API_KEY"], "templates answer instead of the AI"),
        (
            "mis.I002",
            "WhatsApp (Evolution)",
            ["EVOLUTION_BASE_URL", "EVOLUTION_API_KEY", "EVOLUTION_INSTANCE"],
            "nobody can be answered, every issue goes to a person",
        ),
        (
            "mis.I003",
            "The WhatsApp webhook",
            ["EVOLUTION_WEBHOOK_SECRET"],
            "receipts and WhatsApp messages are refused",
        ),
        (
            "mis.I004",
            "The GoHighLevel workflow webhook",
            ["GHL_WEBHOOK_SECRET"],
            "workflow webhooks are refused with 401",
        ),
        (
            "mis.I005",
            "The GoHighLevel contact look-up",
            ["GHL_API_TOKEN"],
            "app events of unknown contacts go to a person",
        ),
        (
            "mis.I006",
            "Slack",
            ["SLACK_WEBHOOK_URL"],
            "alerts are shown on the screens, and nobody is told of them there",
        ),
    ]
    return [
        Info(f"{name} is not configured: {so}.", hint=f"Set {', '.join(missing)}.", id=check)
        for check, name, names, so in wanted
        if (missing := [n for n in names if not getattr(settings, n)])
    ]


@register(Tags.security)
def signing_keys(app_configs, **kwargs):
    """Keys that nobody could sign with would refuse every app event of GoHighLevel."""
    return [
        Error(
            f"GHL_PUBLIC_KEY number {number} is no Ed25519 public key.",
            hint="Write the PEM text or its base64; leave it unset for GoHighLevel's own key.",
            id="mis.E001",
        )
        for number, key in enumerate(settings.GHL_PUBLIC_KEY, 1)
        if not usable_key(key)
    ]


@register(Tags.security)
def alert_webhook(app_configs, **kwargs):
    """Whoever receives our webhook must be able to tell that it is ours."""
    if not settings.ALERT_WEBHOOK_URL or settings.ALERT_WEBHOOK_SECRET:
        return []
    return [
        Error(
            "Alerts go to ALERT_WEBHOOK_URL without a signature.",
            hint="Set ALERT_WEBHOOK_SECRET to a long random text, there and at the receiver.",
            id="mis.E002",
        )
    ]
