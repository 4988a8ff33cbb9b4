"""The outside world, played on this machine: Gemini, WhatsApp through Evolution, GoHighLevel, Slack, and the customers.

Real HTTP on 127.0.0.1, for the demonstration and for tests. It imports nothing of the product,
and every person, phone and text in it is invented.
"""
