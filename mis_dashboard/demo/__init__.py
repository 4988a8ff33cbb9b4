"""The demonstration: 30 days of believable history, and the sandbox's live traffic."""
