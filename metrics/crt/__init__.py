"""Customer resolution time: how a period went against its goals, and what needs somebody now."""
