"""What people set and see of the figures in the admin."""

from . import alerts, uptime  # noqa: F401  (each registers its pages)
