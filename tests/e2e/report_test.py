"""hermes report on real runs, and its page in a real browser (Chromium, where it is installed)."""

import html.parser
import os
import re
import shutil
import subprocess
import unittest

import e2e_case

FAULT = """\
[[fault]]
rank = 2
kind = "non_finite"
at_round = 3
"""
CHROMIUM = [
    "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--enable-logging=stderr",
]  # fmt: skip


class Page(html.parser.HTMLParser):
    """What a page is made of, as far as the tests ask."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.links = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        for name, value in attributes:
            if name == "id":
                self.ids.append(value)
            elif name.endswith(("href", "src")):
                self.links.append(value)


@unittest.skipUnless(shutil.which("gnuplot"), "gnuplot is not installed")
class ReportTest(e2e_case.E2eCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        (cls.scratch / "faulty.toml").write_text(e2e_case.SMALL_RUN + FAULT)
        for strategy in ("hermes", "bsp"):
            words = ["train", "faulty.toml", "--out", strategy, "--quiet", "--set", f"strategy.type={strategy}"]
            made = cls.launch(3, *words)
            if made.code != 0:
                raise RuntimeError(f"the run could not be made: {made}")
        killed = cls.scratch / "killed"
        killed.mkdir()
        for name in ("config.toml", "hermes.log"):
            shutil.copy(cls.scratch / "hermes" / name, killed)
        (killed / "metrics.csv").write_bytes((cls.scratch / "hermes/metrics.csv").read_bytes()[:-20])

    def report(self, *runs, out):
        result = self.run_hermes("report", *runs, "--out", out)
        self.assert_ended_well(result)
        self.assertRegex(result.stdout, rf"\A{re.escape(out)}: {len(runs)} runs?, [0-9.]+ KiB\n\Z")
        return (self.scratch / out).read_text(encoding="utf-8")

    def test_page_compares_runs_and_needs_nothing_beside_it(self):
        text = self.report("hermes", "bsp", "killed", out="all.html")
        page = Page(text)
        sections = ["learning", "numbers", "settings", "time", "rounds", "staleness", "gate", "faults"]
        self.assertLessEqual(set(sections), set(page.ids))
        self.assertEqual(len(page.ids), len(set(page.ids)), "an id twice")
        self.assertNotIn("script", page.tags)
        self.assertGreater(page.tags.count("svg"), 8)
        inner = {"#" + one for one in page.ids} | {"data:,"}
        self.assertLessEqual(set(page.links), inner)
        self.assertIn("strategy.type", text)
        self.assertRegex(text, "Killed, or still going on: .* in the middle of a row")
        self.assertEqual(text, self.report("hermes", "bsp", "killed", out="again.html"))

    def test_page_of_one_run_is_put_into_its_directory(self):
        self.assert_ended_well(self.run_hermes("report", "bsp"))
        self.assertNotIn("gate", Page((self.scratch / "bsp/report.html").read_text()).ids)

    def test_names_are_text(self):
        hostile = "<script>alert(1)<"
        shutil.copytree(self.scratch / "bsp", self.scratch / hostile)
        text = self.report("hermes", hostile, out="hostile.html")
        self.assertNotIn("script", Page(text).tags)
        self.assertIn("&lt;script&gt;alert(1)", text)

    def test_missing_gnuplot_is_told_and_leaves_nothing(self):
        environment = {**self.environment, "PATH": str(self.scratch / "tmp")}
        result = self.run_command([self.hermes, "report", "bsp", "--out", "none.html"], environment=environment)
        self.assertEqual(result.code, 3, result)
        self.assertRegex(result.stderr, r"\Ahermes: gnuplot: expected the program on the path[^\n]*\n\Z")
        self.assertEqual(list(self.scratch.glob("none.html*")), [])

    def browse(self, *arguments):
        """Chromium's standard output, after it has complained of nothing on its console."""
        profile = self.scratch / "profile"
        shutil.rmtree(profile, ignore_errors=True)
        environment = {**os.environ, "HOME": str(self.scratch), "TMPDIR": str(self.scratch / "tmp")}
        done = subprocess.run([*CHROMIUM, f"--user-data-dir={profile}", *arguments], cwd=self.scratch,
                              env=environment, capture_output=True, text=True, timeout=120, check=False)  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn(":CONSOLE", done.stderr)
        return done.stdout

    @unittest.skipUnless(shutil.which("chromium"), "chromium is not installed")
    def test_browser_shows_the_page_with_its_plots(self):
        self.report("hermes", "bsp", out="shown.html")
        address = (self.scratch / "shown.html").as_uri()
        seen = self.browse("--dump-dom", address)
        self.assertGreater(seen.count('role="img"'), 8)
        self.assertIn("What was configured differently", seen)
        for width in (1280, 400):
            picture = self.scratch / f"{width}.png"
            self.browse(f"--window-size={width},2400", f"--screenshot={picture}", address)
            self.assertGreater(picture.stat().st_size, 20_000)


if __name__ == "__main__":
    e2e_case.main()
