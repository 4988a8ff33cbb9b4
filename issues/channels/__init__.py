"""How we speak to customers. The rest of the product asks here for the channel, and knows only `base`."""

from functools import lru_cache

from django.conf import settings

from .base import Channel
from .evolution.answers import MISCONFIGURED
from .evolution.client import Evolution

__all__ = ["MISCONFIGURED", "channel", "configured"]


def channel() -> Channel:
    """The channel of the settings, one per process. When it is not configured, speaking raises Misconfigured."""
    return _evolution(settings.EVOLUTION_BASE_URL, settings.EVOLUTION_API_KEY, settings.EVOLUTION_INSTANCE)


def configured() -> bool:
    return all((settings.EVOLUTION_BASE_URL, settings.EVOLUTION_API_KEY, settings.EVOLUTION_INSTANCE))


@lru_cache(maxsize=4)
def _evolution(base_url: str, api_key: str, instance: str) -> Evolution:
    return Evolution(base_url, api_key, instance)
