"""The last four hours as two small drawings. Pure: a series in, the paths of an SVG out, so that page and script need not draw.

Paths are of a box of 1000 by 100, with 0 at the top, which the page stretches.
"""

from collections.abc import Iterator, Sequence

WIDTH, HEIGHT = 1000, 100
GAP = 0.25  # of a bucket, between two bars
LEAST_BAR = 1.5  # so that one issue among a hundred is to be seen
HEADROOM = 1.08


def bars(values: Sequence[int], *, unfinished: bool) -> tuple[str, str]:
    """One bar per bucket, the highest as high as the box; and apart from them the one that is still being filled."""
    most, step = max(values, default=0), WIDTH / max(len(values), 1)
    drawn = [_bar(place * step, step, value / most) if value else "" for place, value in enumerate(values)]
    whole, last = (drawn[:-1], drawn[-1:]) if unfinished else (drawn, [])
    return "".join(whole), "".join(last)


def _bar(left: float, step: float, share: float) -> str:
    height = max(share * HEIGHT, LEAST_BAR)
    return f"M{_n(left + step * GAP / 2)} {HEIGHT}v-{_n(height)}h{_n(step * (1 - GAP))}v{_n(height)}z"


def line(values: Sequence[float | None], top: float) -> str:
    """From bucket to bucket, `top` at the top of the box. A bucket without a value is a gap; one between two gaps is a dot."""
    step = WIDTH / max(len(values), 1)
    path = []
    for run in _runs(values):
        points = [f"{_n((place + 0.5) * step)} {_n(height(value, top))}" for place, value in run]
        path.append(f"M{'L'.join(points)}" if len(points) > 1 else f"M{points[0]}h0")
    return "".join(path)


def level(value: float, top: float) -> str:
    """A line across the box."""
    return f"M0 {_n(height(value, top))}H{WIDTH}"


def height(value: float, top: float) -> float:
    return HEIGHT * (1 - min(value / top, 1)) if top else HEIGHT


def scale(values: Sequence[float | None], target: float) -> float:
    """What the top of the box stands for: a little more than the highest value, and twice the target at least."""
    return max([2 * target, *(HEADROOM * value for value in values if value is not None)])


def _runs(values: Sequence[float | None]) -> Iterator[list[tuple[int, float]]]:
    run: list[tuple[int, float]] = []
    for place, value in enumerate([*values, None]):
        if value is not None:
            run.append((place, value))
        elif run:
            yield run
            run = []


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
