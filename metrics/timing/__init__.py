"""How long our answers to requests take, per route: counted where they are given, added up, and read again.

count       in the memory of each web process, stored every few seconds
grains      minutes become hours, hours become days, and old ones go
reading     percentiles of any window, of all routes and of each
"""

from .count import Counting, counting
from .grains import coarsen, forget
from .reading import by_bucket, figure, measure, rows

__all__ = ["Counting", "by_bucket", "coarsen", "counting", "figure", "forget", "measure", "rows"]
