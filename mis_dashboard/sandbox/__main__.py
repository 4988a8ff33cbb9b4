"""python -m mis_dashboard.sandbox: the outside world of the demonstration, until Ctrl-C.

Keys and secrets come from the environment, under the product's own names (GEMINI_API_KEY,
EVOLUTION_API_KEY, EVOLUTION_INSTANCE, EVOLUTION_WEBHOOK_SECRET, GHL_WEBHOOK_SECRET, GHL_API_TOKEN), and
SANDBOX_GHL_PRIVATE_KEY. Modes can be changed while it runs: GET and POST /sandbox/gemini,
/sandbox/evolution, /sandbox/slack, /sandbox/traffic.
"""

import argparse
import asyncio
import contextlib
import os
import secrets
import signal
import sys

from .app import Sandbox, Settings, serve
from .modes import change

# A good day with the ordinary share of trouble.
LIFELIKE_GEMINI = {"latency_ms": 1400, "fail": {"503": 0.02, "429": 0.005, "cut": 0.005, "malformed": 0.005}}
LIFELIKE_EVOLUTION = {
    "latency_ms": 180,
    "not_on_whatsapp": 0.01,
    "accept_then_400": 0.003,
    "connection_closed": 0.005,
    "refused_later": 0.01,
    "never_delivered": 0.02,
    "customers_answer": True,
}


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sandbox", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--port", type=int, default=9100)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--run", default="", help="mixed into every id; by default different each time")
    parser.add_argument("--target", default="", help="the product: http://127.0.0.1:8000")
    parser.add_argument("--rate", type=float, default=12, help="complaints a minute; 0 for none")
    parser.add_argument("--day-curve", action="store_true", help="let the rate follow the hours of a São Paulo day")
    parser.add_argument("--calm", action="store_true", help="no latency, no failures, no customer who answers")
    parser.add_argument("--quiet", action="store_true", help="print nothing")
    return parser.parse_args(argv)


def main() -> int:
    args = arguments()
    try:
        settings = Settings.from_environment(
            os.environ, seed=args.seed, run=args.run or secrets.token_hex(4), target=args.target
        )
        asyncio.run(until_told(settings, args))
    except (OSError, ValueError) as error:
        print(f"sandbox: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


async def until_told(settings: Settings, args: argparse.Namespace) -> None:
    """Serves until SIGINT or SIGTERM."""
    serving = asyncio.create_task(serve(settings, args.port, lambda box: prepare(box, args)))
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, serving.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await serving


def prepare(box: Sandbox, args: argparse.Namespace) -> None:
    if not args.calm:
        change(box.gemini.modes, LIFELIKE_GEMINI)
        change(box.evolution.modes, LIFELIKE_EVOLUTION)
    wanted = {"on": bool(args.target and args.rate), "per_minute": args.rate, "day_curve": args.day_curve}
    change(box.traffic.modes, wanted)
    if not args.quiet:
        print(f"sandbox: {box.url} (seed {args.seed})", flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
