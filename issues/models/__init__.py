"""The tables of the customer's side. Who may write what is said in each class."""

from .access import ApiKey
from .action import Action
from .ai import AICall, ModelPrice, PromptVersion
from .customer import Customer
from .event import InboundEvent
from .issue import Issue, Message
from .policy import Bucket, Policy
from .response import Response
from .template import ReplyTemplate

__all__ = [
    "AICall",
    "Action",
    "ApiKey",
    "Bucket",
    "Customer",
    "InboundEvent",
    "Issue",
    "Message",
    "ModelPrice",
    "Policy",
    "PromptVersion",
    "ReplyTemplate",
    "Response",
]
