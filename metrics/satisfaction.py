"""What customers say of us themselves. Only what they answered counts: nobody who said nothing is given a number."""

from django.utils.translation import gettext_lazy as _

from .kpis import KPI, Evidence, Measure, wilson


def _satisfaction(of: Evidence) -> Measure:
    n, well, ended = of.tally["rated"], of.tally["rated_well"], of.tally["ended"]
    extra = {
        "well_share": well / n if n else None,
        "interval": list(wilson(well, n)) if n else None,
        "response_rate": of.tally["ended_rated"] / ended if ended else None,
    }
    return Measure(of.tally["rated_sum"] / n if n else None, n, False, extra)


SATISFACTION = KPI(
    "satisfaction", _("Satisfaction, 1 to 5"), _("How content are customers when their issue is solved?"),
    _(
        "Mean of the ratings from 1 to 5 that customers gave in the window, whoever answered them. Customers who rated: "
        "issues resolved in the window that have a rating ÷ all issues resolved in the window. The interval is that of the "
        "share of ratings of 4 or 5."
    ),
    "stars", "higher", _satisfaction, "rated", {"well_share": "rated_well", "response_rate": "ended_rated"},
    also=("rated_badly",), target=4.0, interim=3.5,
)  # fmt: skip
