"""The tables of the customer's side. Who may write what is said in each class."""

from .access import ApiKey
from .action import Action
from .ai import AICall, KnowledgeNote, ModelPrice, PromptVersion
from .customer import Customer
from .event import EventKey, InboundEvent
from .issue import Issue, Message
from .policy import Breaker, ChannelState, Policy, Token
from .response import Response
from .sla import Calendar, SlaPolicy
from .template import ReplyTemplate

__all__ = [
    "AICall",
    "Action",
    "ApiKey",
    "Breaker",
    "Calendar",
    "ChannelState",
    "Customer",
    "EventKey",
    "InboundEvent",
    "Issue",
    "KnowledgeNote",
    "Message",
    "ModelPrice",
    "Policy",
    "PromptVersion",
    "ReplyTemplate",
    "Response",
    "SlaPolicy",
    "Token",
]
