"""What people set and see of the figures in the admin."""

from . import alerts, uptime, wall

__all__ = ["alerts", "uptime", "wall"]
