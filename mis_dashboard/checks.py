"""What `manage.py check` says about the set-up: what is missing, and what to write."""

from django.conf import settings
from django.core.checks import Info, Tags, register


@register(Tags.compatibility)
def integrations(app_configs, **kwargs):
    """One line for every integration that is not configured; the product starts without them."""
    wanted = [
        ("mis.I001", "Gemini", ["GEMINI_API_KEY"], "customers are answered by template"),
        (
            "mis.I002",
            "WhatsApp (Evolution)",
            ["EVOLUTION_BASE_URL", "EVOLUTION_API_KEY", "EVOLUTION_INSTANCE"],
            "every issue goes to a person",
        ),
        ("mis.I003", "WhatsApp webhooks", ["EVOLUTION_WEBHOOK_SECRET"], "receipts and WhatsApp messages are refused"),
        ("mis.I004", "GoHighLevel workflows", ["GHL_WEBHOOK_SECRET"], "workflow webhooks are refused with 401"),
        ("mis.I005", "GoHighLevel contacts", ["GHL_API_TOKEN"], "app events of unknown contacts go to a person"),
    ]
    return [
        Info(f"{name} is not configured: {so}.", hint=f"Set {', '.join(missing)}.", id=check)
        for check, name, names, so in wanted
        if (missing := [n for n in names if not getattr(settings, n)])
    ]
