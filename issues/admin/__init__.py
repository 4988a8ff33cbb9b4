"""The admin: where people work on issues, look things up, and set how automation behaves."""

from . import automation, issue, keys, knowledge, outside, records, sla

__all__ = ["automation", "issue", "keys", "knowledge", "outside", "records", "sla"]
