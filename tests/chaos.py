"""`make chaos`: everything is killed and WhatsApp drops the line while webhooks arrive; nothing is lost or said twice.

    make chaos                       one run of 1,000 webhooks
    make chaos RUNS=20 COUNT=1000    twenty
    make chaos SEED=7                the plan of a run again

    make chaos ALERTS=1              the same for alerts: what looks and tells is killed while causes begin and end

Prints one line a run and, of the first issues that were lost, answered twice or left uncertain, their timelines without personal data.
Ends with 1 when there was any.
"""

import argparse
import random
import signal
import sys
import tempfile
from pathlib import Path

from tests.support.causes import ENGLISH, VICTIMS, Causes, under_fire
from tests.support.chaos import SHOWN, Plan, Report, run
from tests.support.family import EVERYBODY
from tests.support.outside import Outside
from tests.support.product import Product

HEADS = ["seed", "accepted", "answered", "twice", "lost", "uncertain", "gap s", "longest s"]
LINE = "{:>10}" * len(HEADS) + "  {}"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000, help="webhooks a run")
    parser.add_argument("--rate", type=float, default=15, help="webhooks a second")
    parser.add_argument("--kills", type=int, default=2, help="how often each process is killed in a run")
    parser.add_argument("--seed", type=int, help="of the first run; the next ones count up from it")
    parser.add_argument("--alerts", action="store_true", help="causes of alerts in place of webhooks, at most 200")
    return parser.parse_args()


def main() -> int:
    args = arguments()
    for number in (signal.SIGINT, signal.SIGTERM):  # whoever stops it leaves no product running
        signal.signal(number, signal.default_int_handler)
    first = random.randrange(100_000) if args.seed is None else args.seed
    if args.alerts:
        return alerts(range(first, first + args.runs), min(args.count, 200), args.kills)
    print(LINE.format(*HEADS, "killed"), flush=True)
    reports = [told(run(Plan(seed, args.count, args.rate, args.kills))) for seed in range(first, first + args.runs)]
    bad = [report for report in reports if not report.verdict.good]
    print(f"{len(reports) - len(bad)} of {len(reports)} runs without fault", flush=True)
    return 1 if bad else 0


def alerts(seeds: range, count: int, kills: int) -> int:
    """Causes that begin 2.5 s apart on average and last for half a minute. How many runs went wrong, as an exit code."""
    bad = 0
    for seed in seeds:
        with Outside() as outside, Product(outside.environment | ENGLISH) as product:
            causes, victims = Causes(product, outside, count), (*VICTIMS, "postgres")
            found = under_fire(causes, seed=seed, spread_s=2.5 * count, lasts_s=30, kills=kills, victims=victims)
        print(f"seed {seed}, {count} causes: {'without fault' if found.good else 'WRONG'}, {found}", flush=True)
        bad += not found.good
    return 1 if bad else 0


def told(report: Report) -> Report:
    """Prints it; what the product printed is kept when there is something to be explained."""
    print(line(report), flush=True)
    for name in ("twice", "lost", "uncertain"):
        for issue in getattr(report.verdict, name)[:SHOWN]:
            print(f"  {name}: {issue}")
    for status, times in report.verdict.refused.items():
        print(f"  refused with {status}: {times}")
    for timeline in report.timelines:
        print(timeline)
    if report.timelines:
        file = Path(tempfile.gettempdir()) / f"mis-chaos-{report.plan.seed}.log"
        file.write_text(report.log)
        print(f"  the product's log: {file}", flush=True)
    return report


def line(report: Report) -> str:
    verdict = report.verdict
    killed = ", ".join(f"{who} {report.kills[who]}" for who in EVERYBODY)
    numbers = [verdict.accepted, verdict.answered, *(len(v) for v in (verdict.twice, verdict.lost, verdict.uncertain))]
    return LINE.format(report.plan.seed, *numbers, f"{report.gap_s:.1f}", f"{report.longest_s:.1f}", killed)


if __name__ == "__main__":
    sys.exit(main())
