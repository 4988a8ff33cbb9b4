"""`scripts/screenshots`: a picture of every page, in both themes and languages, of a demonstration that has run for a while.

They are written to docs/screenshots as PAGE-LANGUAGE-THEME.png; --only PAGE,… takes some.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.product import free_port

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "screenshots"
LANGUAGES = {"pt": "pt-BR", "en": "en-US"}
THEMES = ("light", "dark")
DESK, WALL, PHONE = (1440, 900), (1920, 1080), (390, 844)
SETTLED_S = 100  # so long customers have written and been answered before the first picture

# Name: address, size, and what makes the page whole.
PAGES = {
    "performance": ("/performance", DESK, "[data-trends-of][data-phase=shown] .js-plotly-plot"),
    "performance-30d": ("/performance?window=30d", DESK, "[data-trends-of][data-phase=shown] .js-plotly-plot"),
    "performance-phone": ("/performance", PHONE, "[data-trends-of][data-phase=shown] .js-plotly-plot"),
    "figure": ("/performance/ttfr_p90?window=7d", DESK, "#question"),
    "crt": ("/crt", DESK, "main"),
    "issues": ("/admin/issues/issue/", DESK, "#changelist"),
    "issue": ("", DESK, "#conversation-heading"),
    "admin": ("/admin/", DESK, "#content"),
    "alert-rules": ("/admin/metrics/alertrule/", DESK, "#changelist"),
    "alert-rule": ("/admin/metrics/alertrule/add/", DESK, "#content form"),
    "service-levels": ("/admin/issues/slapolicy/", DESK, "#changelist"),
    "walls": ("/admin/metrics/wallscreen/", DESK, "#changelist"),
    "api": ("/api/docs", DESK, ".reference-call"),
    "not-found": ("/nowhere", DESK, "main"),
    "design": ("/design", DESK, ".swatch"),
}
WHOLE = ("performance-30d", "crt", "design")  # down to their end


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="PAGE,…", help="all by default")
    parser.add_argument(
        "--settle", type=int, default=SETTLED_S, metavar="SECONDS", help="how long customers write first"
    )
    given = parser.parse_args()
    only = [name for name in given.only.split(",") if name]
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="mis-pictures-") as folder,
        Demo(Path(folder)) as demo,
        sync_playwright() as playwright,
    ):
        time.sleep(given.settle)
        path = os.environ.get("MIS_TEST_BROWSER") or shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        for language in LANGUAGES:
            for theme in THEMES:
                take(browser, demo, language, theme, only)
        browser.close()


class Demo:
    """`with Demo(folder) as demo:` the demonstration runs; `url`, `password` and `wall` are what it printed."""

    def __init__(self, folder: Path):
        self.folder, self.url = folder, f"http://127.0.0.1:{free_port()}"

    def __enter__(self) -> "Demo":
        self.folder.chmod(0o711)
        environment = os.environ | {"MIS_DATA_DIR": str(self.folder)}
        command = [sys.executable, "manage.py", "demo", "--port", self.url.rpartition(":")[2]]
        self.log = open(self.folder / "log", "w+")
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=self.log, stderr=self.log)
        while "password" not in (printed := (self.folder / "log").read_text()):
            assert self.process.poll() is None, printed
            time.sleep(0.5)
        time.sleep(1)
        printed = (self.folder / "log").read_text()
        self.password = re.search(r"password\s+(\S+)", printed)[1]
        self.wall = re.search(r"wall\s+(\S+)", printed)[1]
        return self

    def __exit__(self, *error) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)
        self.log.close()


def take(browser: Browser, demo: Demo, language: str, theme: str, only: list[str]) -> None:
    """The pictures of one language and theme."""
    page = signed_in(browser, demo, language, theme)
    for name, (address, size, whole) in PAGES.items():
        if only and name not in only:
            continue
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.goto(demo.url + (address or latest_issue(page, demo)))
        page.locator(whole).first.wait_for()
        page.wait_for_timeout(1500)
        picture(page, f"{name}-{language}-{theme}", full=name in WHOLE)
    page.context.close()
    if not only or "login" in only:
        stranger(browser, demo, language, theme)
    if not only or "wall" in only:
        wall(browser, demo, language, theme)


def signed_in(browser: Browser, demo: Demo, language: str, theme: str) -> Page:
    page = browser.new_context(locale=LANGUAGES[language], color_scheme=theme).new_page()
    page.goto(f"{demo.url}/login/")
    page.locator("input[name=username]").fill("demo")
    page.locator("input[name=password]").fill(demo.password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/performance**")
    return page


def latest_issue(page: Page, demo: Demo) -> str:
    """The page of an issue that was answered and solved."""
    page.goto(f"{demo.url}/admin/issues/issue/?status__exact=resolved")
    return page.locator("#result_list th a").nth(2).get_attribute("href").split("?")[0]


def stranger(browser: Browser, demo: Demo, language: str, theme: str) -> None:
    context = browser.new_context(
        locale=LANGUAGES[language], color_scheme=theme, viewport={"width": 1280, "height": 800}
    )
    page = context.new_page()
    page.goto(f"{demo.url}/login/")
    picture(page, f"login-{language}-{theme}")
    context.close()


def wall(browser: Browser, demo: Demo, language: str, theme: str) -> None:
    """The wall, whose language and theme are the screen's own."""
    if (language, theme) != ("pt", "light"):
        return
    page = browser.new_context(viewport={"width": WALL[0], "height": WALL[1]}).new_page()
    page.goto(demo.wall)
    page.wait_for_timeout(4000)
    picture(page, "wall")
    page.context.clear_cookies()
    page.goto(f"{demo.url}/wall/")
    page.wait_for_timeout(1500)
    picture(page, "wall-pairing")
    page.context.close()


def picture(page: Page, name: str, *, full: bool = False) -> None:
    page.screenshot(path=FOLDER / f"{name}.png", full_page=full)
    print(f"{name}.png", flush=True)


if __name__ == "__main__":
    main()
