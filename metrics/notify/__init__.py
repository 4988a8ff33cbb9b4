"""How people are told: one file for each outlet, which knows none of our tables, and the sender of the outbox."""
