"""What the AI may say, and what it may be shown: rules in code, between the model and the customer."""

from .attacks import manipulates
from .rules import PROBLEMS, check

__all__ = ["PROBLEMS", "check", "manipulates"]
