"""What people set and see of the figures in the admin."""

from . import alerts, uptime

__all__ = ["alerts", "uptime"]
