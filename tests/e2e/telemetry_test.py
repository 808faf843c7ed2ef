"""What a run tells others while it goes on and afterwards, over MPI: trace.json, TensorBoard, OpenMetrics,
times per rank, the table on request; and what --resume makes of each file."""

import os
import pty
import re
import select
import signal
import subprocess

import e2e_case
import telemetry_readers

EVENTS = "events.out.tfevents.0.hermes"
ALL = ("--tensorboard", "--set", "telemetry.openmetrics=run.prom")
LONGER = ("--set", "stop.max_rounds=40")  # hermes pushes after some rounds
WITHOUT_END = ("--set", "stop.max_rounds=0", "--set", "stop.max_seconds=90", "--set", "stop.patience=0")
LONG_ROUNDS = ("--set", "train.steps_per_round=300")  # fewer lines to read again in Python
PLAIN_MPIRUN = ("mpirun", "--oversubscribe", "--bind-to", "none", "-np", "3")
AS_ROOT = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}


class TelemetryTest(e2e_case.E2eCase):
    def trace(self, out):
        return telemetry_readers.read_trace((self.scratch / out / "trace.json").read_text())

    def scalars(self, out):
        return telemetry_readers.read_tensorboard((self.scratch / out / EVENTS).read_bytes())

    def metrics_file(self):
        return telemetry_readers.read_openmetrics((self.scratch / "run.prom").read_text())

    def check_times(self, times):
        parts = [value for key, value in times.items() if key.endswith("_seconds")]
        self.assertGreaterEqual(min(parts), 0.0, times)
        self.assertAlmostEqual(sum(parts), times["seconds"], delta=1e-6 + 0.01 * times["seconds"], msg=times)

    def test_every_strategy_leaves_a_sound_trace_and_times_that_add_up(self):
        for strategy in ("hermes", "bsp", "selsync", "timebox"):
            with self.subTest(strategy=strategy):
                out = f"trace-{strategy}"
                result = self.launch(3, "train", "small-run.toml", "--set", f"strategy.type={strategy}", *LONGER, "--out", out)
                self.assert_ended_well(result)
                summary = self.summary(out)
                spans, arrows = telemetry_readers.check_trace(self.trace(out), 2)
                names = {name for _, _, name in spans[1]}
                self.assertIn("merge", names)
                self.assertIn("evaluate", names)
                rounds = sum(name == "round" for track in spans.values() for _, _, name in track)
                reports = {(row["rank"], row["round"]) for row in self.metrics(out) if row["event"] == "report"}
                self.assertEqual(rounds, len(reports))
                self.assertGreater(len(arrows), 0)
                self.assertLessEqual(len(arrows), summary["pushes"])
                self.check_times(summary["server"])
                for worker in summary["worker_table"]:
                    self.check_times({key: worker[key] for key in worker if key.endswith("seconds")})
                    self.assertGreater(worker["compute_seconds"], 0.0)
                    self.assertEqual(worker["evaluation_seconds"] > 0.0, strategy == "hermes")

    def test_tensorboard_and_openmetrics_say_what_the_summary_says(self):
        self.assert_ended_well(self.launch(3, "train", "small-run.toml", *ALL, *LONGER, "--out", "told"))
        summary = self.summary("told")
        scalars = self.scalars("told")
        self.assertAlmostEqual(min(v for _, _, v in scalars["validation/loss"]), summary["best_validation_loss"], places=6)
        self.assertEqual(len(scalars["merge/staleness"]), summary["merges"])
        reports = [row for row in self.metrics("told") if row["event"] == "report" and row["rank"] == "2"]
        self.assertEqual([step for step, _, _ in scalars["train_loss/worker_2"]], [int(row["round"]) for row in reports])
        samples = self.metrics_file()
        run = (("run", "small-run"), ("strategy", "hermes"))
        self.assertEqual(samples["hermes_merges_total", run], summary["merges"])
        self.assertEqual(samples["hermes_run_over", run], 1)
        for worker in summary["worker_table"]:
            key = (*run, ("rank", str(worker["rank"])))
            self.assertEqual(samples["hermes_samples_total", key], worker["samples"])
        self.assertAlmostEqual(samples["hermes_run_seconds", run], summary["seconds"], places=9)

    def documented(self, heading):
        """The names in the first column of the table below that heading of the README, each with those in the second."""
        text = (self.source / "src/telemetry/README.md").read_text().split(f"\n{heading}\n", 1)[1]
        names = {}
        for line in re.split(r"\n##", text, maxsplit=1)[0].splitlines():
            if line.startswith("| `"):
                keys, meaning = (re.findall(r"`(\w+)`", cell) for cell in line.split("|")[1:3])
                names.update(dict.fromkeys(keys, meaning))
        return names

    def test_the_readme_names_every_key_and_column_in_order_and_no_other(self):
        result = self.launch(3, "train", "small-run.toml", "--set", "strategy.type=bsp", "--out", "named")
        self.assert_ended_well(result)
        columns = (self.scratch / "named/metrics.csv").read_text().partition("\n")[0].split(",")
        self.assertEqual(columns, list(self.documented("## metrics.csv")))
        summary = self.summary("named")
        keys = self.documented("## summary.json")
        times = list(self.documented("### Where the time of a rank went"))
        self.assertEqual(list(summary), list(keys))
        self.assertEqual(list(summary["staleness"]), keys["staleness"])
        self.assertEqual(list(summary["server"]), times)
        self.assertEqual(list(summary["worker_table"][0]), keys["worker_table"] + times)

    def test_what_is_not_asked_for_is_not_written(self):
        result = self.launch(3, "train", "small-run.toml", "--set", "telemetry.trace=false", "--out", "none")
        self.assert_ended_well(result)
        names = {file.name for file in (self.scratch / "none").iterdir()}
        self.assertFalse(names & {"trace.json", EVENTS}, names)

    def test_a_metrics_file_that_cannot_be_written_does_not_end_the_run(self):
        place = ("--set", "telemetry.openmetrics=missing/run.prom")
        result = self.launch(3, "train", "small-run.toml", *place, "--out", "no-place")
        self.assert_ended_well(result)
        self.assertIn("missing/run.prom: the metrics cannot be written", (self.scratch / "no-place/hermes.log").read_text())

    def begin(self, out, *settings, stdout=subprocess.PIPE):
        words = ["train", "small-run.toml", *WITHOUT_END, *LONG_ROUNDS, *settings, "--out", out]
        command = self.launch_command(3, words)
        job = subprocess.Popen([str(word) for word in command], cwd=self.scratch, env=self.environment,
                               stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE)  # fmt: skip
        self.addCleanup(job.kill)
        self.wait_until(lambda: len(self.metrics(out)) > 20, "some reports", process=job)
        return job

    def test_an_interrupted_run_goes_on_in_the_same_files(self):
        job = self.begin("twice", *ALL)
        job.send_signal(signal.SIGTERM)
        job.communicate(timeout=60)
        self.assertEqual(job.returncode, 75)
        telemetry_readers.check_trace(self.trace("twice"), 2)
        before = {tag: len(points) for tag, points in self.scalars("twice").items()}
        words = ["train", "small-run.toml", *ALL, *WITHOUT_END[:2], "--set", "stop.max_seconds=8", *LONG_ROUNDS,
                 "--set", "stop.patience=0", "--out", "twice", "--resume"]  # fmt: skip
        self.assert_ended_well(self.launch(3, *words))
        events = self.trace("twice")
        spans, _ = telemetry_readers.check_trace(events, 2)
        self.assertEqual(sum(event["name"] == "end" for event in events), 1)
        rounds = sum(name == "round" for track in spans.values() for _, _, name in track)
        reports = [row for row in self.metrics("twice") if row["event"] == "report"]
        self.assertEqual(rounds, len({(row["rank"], row["round"]) for row in reports}))
        after = self.scalars("twice")
        self.assertGreaterEqual(len(after["validation/loss"]), before["validation/loss"])
        self.assertEqual(len(after["merge/staleness"]), self.summary("twice")["merges"])
        times = [wall for _, wall, _ in after["merge/staleness"]]
        self.assertEqual(times, sorted(times))
        for worker in self.summary("twice")["worker_table"]:
            self.check_times({key: worker[key] for key in worker if key.endswith("seconds")})

    def test_usr2_shows_the_workers_once_and_hurts_nobody(self):
        job = self.begin("asked", "--quiet")
        job.send_signal(signal.SIGUSR2)
        shown = b""
        while b"\n     2  training" not in shown:
            self.assertTrue(select.select([job.stdout], [], [], 60)[0], shown)
            shown += os.read(job.stdout.fileno(), 4096)
        job.send_signal(signal.SIGTERM)
        rest, errors = job.communicate(timeout=60)
        self.assertEqual(job.returncode, 75, errors)
        self.assertEqual((shown + rest).count(b"worker  state"), 1)
        self.assertNotIn(b"\x1b", shown + rest)

    def test_a_slow_worker_is_named_with_the_reason(self):
        fault = '[[fault]]\nrank = 2\nkind = "slow"\nat_round = 8\nfactor = 100\n'
        (self.scratch / "slow.toml").write_text(e2e_case.SMALL_RUN + fault)
        words = ("--set", "strategy.type=bsp", "--set", "train.steps_per_round=100", "--set", "stop.max_rounds=16",
                 "--set", "stop.patience=0")  # fmt: skip
        result = self.launch(3, "train", "slow.toml", *words, "--out", "slow")
        self.assert_ended_well(result)
        said = re.findall(r"worker 2 is slow: computing takes .* a round instead of .*", result.stdout)
        self.assertEqual(len(said), 1, result)
        self.assertIn(said[0], (self.scratch / "slow/hermes.log").read_text())
        self.assertNotIn("\x1b", result.stdout)

    def test_a_plain_mpirun_writes_no_control_codes_into_files(self):
        words = ["train", "small-run.toml", *WITHOUT_END[:2], "--set", "stop.max_seconds=2", *LONG_ROUNDS, "--out", "files"]
        command = [str(word) for word in (*PLAIN_MPIRUN, self.hermes, *words)]
        with open(self.scratch / "stdout", "wb") as stdout, open(self.scratch / "stderr", "wb") as stderr:
            ended = subprocess.run(command, cwd=self.scratch, env={**self.environment, **AS_ROOT}, stdin=subprocess.DEVNULL,
                                   stdout=stdout, stderr=stderr, timeout=120, check=False)  # fmt: skip
        told = (self.scratch / "stdout").read_bytes()
        self.assertEqual(ended.returncode, 0, told)
        self.assertIn(b"worker  state", told)
        for text in (told, (self.scratch / "stderr").read_bytes()):
            self.assertNotIn(b"\x1b", text)
            self.assertNotIn(b"\r", text)

    def terminal_output(self, **environment):
        """Of a short run in which a worker dies, on a pseudo-terminal."""
        fault = '[[fault]]\nrank = 2\nkind = "kill"\nat_round = 5\n[liveness]\nworker_timeout_seconds = 1\n'
        (self.scratch / "dies.toml").write_text(e2e_case.SMALL_RUN + fault)
        words = ["train", "dies.toml", *LONG_ROUNDS, "--set", "stop.max_rounds=400", "--set", "stop.patience=0"]
        ours, theirs = pty.openpty()
        command = self.launch_command(3, [*words, "--out", f"tty-{len(environment)}"])
        job = subprocess.Popen([str(word) for word in command], cwd=self.scratch, stdin=subprocess.DEVNULL,
                               env={**self.environment, "TERM": "xterm", **environment}, stdout=theirs,
                               stderr=subprocess.DEVNULL)  # fmt: skip
        os.close(theirs)
        shown = b""
        while True:
            try:
                some = os.read(ours, 4096)
            except OSError:  # the other end is closed
                break
            if not some:
                break
            shown += some
        os.close(ours)
        self.assertEqual(job.wait(timeout=60), 0, shown)
        return shown

    def test_warnings_are_coloured_on_a_terminal_and_not_where_no_color_is_set(self):
        self.assertRegex(self.terminal_output(), rb"\x1b\[33mworker 2 lost.*\x1b\[0m")
        plain = self.terminal_output(NO_COLOR="1")
        self.assertIn(b"worker 2 lost", plain)
        self.assertNotIn(b"\x1b[33m", plain)


if __name__ == "__main__":
    e2e_case.main()
