"""The figures on a wall: who may show them without a login, what they are, and how they are pushed."""
