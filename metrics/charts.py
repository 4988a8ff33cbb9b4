"""The charts, declared once: everything but the figures and the colours, which the browser fills in.

A trace's `meta` says which list of the snapshot's series is its y, its unit, and which tone of the design it has.
"""

from functools import lru_cache

from django.utils import translation
from django.utils.translation import gettext as _

from .kpis import BY_NAME

LIVE = ("volume", "ttfr", "spend")
OF_TRENDS = ("handling", "delivery", "tokens", "spread")


def figures(names: tuple[str, ...] = LIVE) -> dict[str, dict]:
    """The figures of those names, of a snapshot's series or of the trends, in the active language, ready for JSON and `Plotly.react`."""
    drawn = _figures(translation.get_language())
    return {name: drawn[name] for name in names}


@lru_cache(maxsize=64)
def of(name: str, language: str) -> dict:
    """The figure of a key figure alone: bars where it is counted, a line where it is measured, and its target."""
    import plotly.graph_objects as go

    kpi = BY_NAME[name]
    meta = _meta(name, "count" if kpi.unit == "tokens" else kpi.unit, "main")
    with translation.override(language):
        label = str(kpi.label)
        if kpi.unit in ("s", "rate", "stars"):
            figure = go.Figure([go.Scatter(name=label, meta=meta, **_line(width=2.5))], _layout(go, ""))
        else:
            figure = go.Figure([go.Bar(name=label, meta=meta)], _layout(go, "", bargap=0.2))
        if kpi.unit == "s":
            figure.update_yaxes(type="log")
        if kpi.target is not None:
            _add_target(figure, kpi.target, _("target"))
        return figure.to_plotly_json()


@lru_cache(maxsize=8)
def _figures(language: str) -> dict[str, dict]:
    import plotly.graph_objects as go  # slow to import, and only pages with charts need it

    with translation.override(language):
        drawn = {
            "volume": _volume(go),
            "ttfr": _ttfr(go),
            "spend": _spend(go),
            "handling": _handling(go),
            "spread": _spread(go),
            "delivery": _delivery(go),
            "tokens": _tokens(go),
        }
        return {name: figure.to_plotly_json() for name, figure in drawn.items()}


def _volume(go):
    received = go.Bar(name=_("Received"), meta=_meta("received", "count", "quiet"))
    resolved = go.Bar(name=_("Resolved"), meta=_meta("resolved", "count", "good"))
    return go.Figure([received, resolved], _layout(go, _("issues"), barmode="group", bargap=0.2, bargroupgap=0.05))


def _ttfr(go):
    median = go.Scatter(name=_("Median"), meta=_meta("ttfr_p50", "s", "main"), **_line(width=2.5))
    slow = go.Scatter(name=_("9 in 10"), meta=_meta("ttfr_p90", "s", "warn"), **_line(width=2, dash="dot"))
    figure = go.Figure([median, slow], _layout(go, _("seconds"), hovermode="x unified"))
    figure.update_yaxes(type="log")  # one slow hour among quick ones would flatten them all
    # The script moves it to what is promised now.
    _add_target(figure, BY_NAME["ttfr_p50"].target, _("target"))
    return figure


def _spend(go):
    cost = go.Bar(name=_("Cost"), meta=_meta("cost_usd", "usd", "main"))
    return go.Figure([cost], _layout(go, _("US dollars"), bargap=0.2))


def _handling(go):
    automated = go.Scatter(name=_("Automated"), meta=_meta("automation_rate", "rate", "main"), **_line(width=2.5))
    escalated = go.Scatter(
        name=_("Escalated"), meta=_meta("escalation_rate", "rate", "warn"), **_line(width=2, dash="dot")
    )
    figure = go.Figure([automated, escalated], _layout(go, _("share")))
    _add_target(figure, BY_NAME["automation_rate"].target, _("target of automation"))
    return figure


def _delivery(go):
    delivered = go.Scatter(name=_("Delivered"), meta=_meta("delivery_rate", "rate", "good"), **_line(width=2.5))
    figure = go.Figure([delivered], _layout(go, _("share")))
    _add_target(figure, BY_NAME["delivery_rate"].target, _("target"))
    return figure


def _tokens(go):
    return go.Figure(
        [go.Bar(name=_("Tokens"), meta=_meta("ai_tokens", "count", "quiet"))], _layout(go, _("tokens"), bargap=0.2)
    )


def _spread(go):
    """By classes of time, each about three times as long as the one before: a logarithmic axis with names that people know."""
    return go.Figure(
        [go.Bar(name=_("Issues"), meta=_meta("spread", "count", "main"))], _layout(go, _("issues"), bargap=0.08)
    )


def _add_target(figure, target: float, text: str) -> None:
    figure.add_hline(
        y=target, line={"width": 1.5, "dash": "dash"}, annotation={"text": text, "xanchor": "right"}, name="target"
    )


def _meta(series: str, unit: str, tone: str) -> dict:
    return {"series": series, "unit": unit, "tone": tone}


def _line(**line):
    # A gap in the data is a gap on the screen.
    return {"mode": "lines+markers", "connectgaps": False, "line": line, "marker": {"size": 5}}


def _layout(go, unit: str, **more):
    return go.Layout(
        template=go.layout.Template(),  # without one, plotly adds 7 kB of its own
        autosize=True,
        height=280,
        margin={"l": 48, "r": 12, "t": 8, "b": 36},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        dragmode=False,
        uirevision="keep",
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        xaxis={"type": "date", "showgrid": False, "fixedrange": True},
        yaxis={"title": {"text": unit}, "rangemode": "tozero", "fixedrange": True, "zeroline": False},
        **more,
    )
