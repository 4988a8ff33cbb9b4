"""The key figures: what each asks, how it is measured, which rows are behind it, and when it is good enough.

Every figure on a screen, in the API, in an export and in a proof is one of these. It is a pure function of the
`Evidence` of a window. Measuring a window again gives the same numbers. Nothing to measure is None, which is not zero.
"""

from .base import KPI, PERCENTILES, Evidence, Measure, change, measured, needs
from .declared import BY_NAME, KPIS, SATISFACTION
from .figures import figures, measure, uptimes
from .formulas import wilson

__all__ = [
    "BY_NAME", "KPI", "KPIS", "PERCENTILES", "SATISFACTION", "Evidence", "Measure", "change", "figures", "measure", "measured",
    "needs", "uptimes", "wilson",
]  # fmt: skip
