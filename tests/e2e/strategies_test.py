"""Each strategy trains the small model to the end: exit code, run directory, summary, evaluation."""

import json

import e2e_case

SUMMARY_KEYS = """
    strategy workers seed seconds rounds steps samples pushes suppressed worker_independence
    bytes_up bytes_down bytes_data merges rejected_updates workers_lost best_validation_loss
    best_validation_accuracy test_loss test_accuracy target_accuracy seconds_to_target
    bytes_to_target samples_per_second server_busy_seconds stop_reason interrupted
""".split()
RUN_FILES = {"config.toml", "hermes.log", "metrics.csv", "model.h5", "summary.json", "trace.json"}


class StrategiesTest(e2e_case.E2eCase):
    def check_run(self, result, out, strategy, workers, rejected=()):
        self.assert_ended_well(result)
        self.assertEqual({file.name for file in (self.scratch / out).iterdir()}, RUN_FILES)
        summary = self.summary(out)
        self.assertEqual([key for key in SUMMARY_KEYS if key not in summary], [])
        self.assertEqual(summary["strategy"], strategy)
        self.assertEqual(summary["workers"], workers)
        self.assertEqual(summary["seed"], 7)
        self.assertEqual(summary["workers_lost"], 0)
        self.assertEqual(set(summary["rejected_reports"]) - {"stopped", *rejected}, set(), result)
        self.assertFalse(summary["interrupted"])
        self.assertGreater(summary["merges"], 0)
        self.assertGreater(summary["test_accuracy"], 0.9, result)
        self.assertEqual(len(summary["worker_table"]), workers)
        reports = [row for row in self.metrics(out) if row["event"] == "report"]
        self.assertEqual({int(row["rank"]) for row in reports}, set(range(1, workers + 1)))
        self.assertIn("accuracy", result.stdout)
        return summary

    def check_evaluation(self, out, summary):
        found = self.run_hermes("evaluate", "--model", out, "--data", "small.h5", "--json")
        self.assert_ended_well(found)
        evaluation = json.loads(found.stdout)
        self.assertEqual((evaluation["split"], evaluation["rows"]), ("test", 200))
        self.assertAlmostEqual(evaluation["accuracy"], summary["test_accuracy"], places=12)
        self.assertAlmostEqual(evaluation["loss"], summary["test_loss"], places=6)

    def check_inspection(self, out, strategy):
        model = self.run_hermes("inspect", f"{out}/model.h5")
        self.assert_ended_well(model)
        self.assertIn("small", model.stdout)
        run = self.run_hermes("inspect", out)
        self.assert_ended_well(run)
        self.assertIn(strategy, run.stdout)

    def train(self, strategy, *settings, out=None, rejected=()):
        out = out or f"{strategy}-out"
        result = self.launch(
            3, "train", "small-run.toml", "--set", f"strategy.type={strategy}", *settings, "--out", out
        )
        summary = self.check_run(result, out, strategy, 2, rejected)
        self.assertGreater(summary["bytes_up"], 0)
        self.assertGreater(summary["bytes_down"], 0)
        self.check_evaluation(out, summary)
        self.check_inspection(out, strategy)
        return summary

    def test_hermes_reaches_its_accuracy_with_fewer_pushes_than_rounds(self):
        summary = self.train("hermes", "--set", "stop.max_rounds=40")
        self.assertGreater(summary["suppressed"], 0)
        self.assertGreater(summary["worker_independence"], 1.0)
        self.assertEqual(summary["rounds"], summary["pushes"] + summary["suppressed"])

    def test_bsp_keeps_its_workers_in_step(self):
        summary = self.train("bsp")
        self.assertEqual(summary["suppressed"], 0)
        self.assertEqual(summary["pushes"], summary["rounds"])
        rounds = [worker["rounds"] for worker in summary["worker_table"]]
        self.assertLessEqual(max(rounds) - min(rounds), 1)

    def test_asp_pushes_every_round(self):
        summary = self.train("asp")
        self.assertEqual(summary["suppressed"], 0)

    def test_ssp_pushes_every_round_and_keeps_its_bound(self):
        summary = self.train("ssp", "--set", "strategy.ssp.staleness=1")
        self.assertEqual(summary["suppressed"], 0)
        rounds = [worker["rounds"] for worker in summary["worker_table"]]
        self.assertLessEqual(max(rounds) - min(rounds), 2)

    def test_ebsp_pushes_once_per_barrier(self):
        summary = self.train("ebsp", "--set", "stop.max_rounds=40")
        self.assertEqual(summary["rounds"], summary["pushes"] + summary["suppressed"])
        pushes = [worker["pushes"] for worker in summary["worker_table"]]
        self.assertLessEqual(max(pushes) - min(pushes), 1)

    def test_selsync_synchronises_all_or_nobody(self):
        settings = ["strategy.selsync.window=2", "strategy.selsync.delta=0.5", "stop.max_rounds=40"]
        summary = self.train("selsync", *(word for setting in settings for word in ("--set", setting)))
        self.assertLess(summary["pushes"], summary["rounds"])
        self.assertEqual(summary["pushes"], 2 * summary["merges"])
        self.assertEqual(summary["staleness"]["max"], 0)

    def test_timebox_weighs_by_samples_and_sends_halves(self):
        # A worker that a busy machine held up for more than a box may be too late: its delta is refused by design.
        settings = ["--set", "strategy.timebox.box_seconds=0.05", "--set", "stop.max_rounds=20"]
        summary = self.train("timebox", *settings, rejected=["stale"])
        self.assertLessEqual(summary["staleness"]["max"], 1)
        full = self.train("timebox", *settings, "--set", "wire.payload=fp32", out="timebox-fp32", rejected=["stale"])
        per_push = [run["bytes_up"] / run["pushes"] for run in (summary, full)]
        self.assertLess(per_push[0], 0.6 * per_push[1])

    def test_hermes_options(self):
        for name, settings in {
            "delta": ["strategy.hermes.merge=delta"],
            "server": ["strategy.hermes.weights=server"],
            "overlap": ["strategy.hermes.overlap=true"],
            "coin": ["strategy.hermes.gate=coin"],
            "topk": ["strategy.hermes.merge=delta", "wire.payload=topk", "wire.topk_fraction=0.1",
                     "strategy.hermes.server_learning_rate=0.5"],
            "open": ["strategy.hermes.gate=period", "strategy.hermes.push_period=1"],
        }.items():
            with self.subTest(option=name):
                words = [word for setting in [*settings, "stop.max_rounds=60"] for word in ("--set", setting)]
                summary = self.train("hermes", *words, out=f"hermes-{name}")
                if name == "open":
                    self.assertEqual(summary["suppressed"], 0)
                else:
                    self.assertGreater(summary["suppressed"], 0)

    def test_one_rank_trains_alone(self):
        result = self.run_hermes("train", "small-run.toml", "--out", "alone-out")
        summary = self.check_run(result, "alone-out", "sequential", 1)
        self.assertEqual((summary["bytes_up"], summary["bytes_down"]), (0, 0))
        self.check_evaluation("alone-out", summary)
        self.check_inspection("alone-out", "sequential")

    def test_one_rank_under_the_launcher_trains_alone_too(self):
        result = self.launch(1, "train", "small-run.toml", "--out", "launched-alone")
        self.check_run(result, "launched-alone", "sequential", 1)

    def test_the_resolved_configuration_runs_again(self):
        first = self.run_hermes("train", "small-run.toml", "--set", "seed=7", "--out", "first")
        self.assert_ended_well(first)
        again = self.run_hermes("train", "first/config.toml", "--out", "again")
        self.check_run(again, "again", "sequential", 1)
        configurations = [(self.scratch / out / "config.toml").read_text() for out in ("first", "again")]
        self.assertEqual(*configurations)
        self.assertEqual(self.summary("first")["test_loss"], self.summary("again")["test_loss"])

    def test_runs_get_a_fresh_directory_each_and_quiet_ones_say_nothing(self):
        for expected in ("runs/small-run", "runs/small-run-2"):
            result = self.run_hermes("train", "small-run.toml", "--set", "stop.max_rounds=1", "--quiet")
            self.assert_ended_well(result)
            self.assertEqual(result.stdout, "")
            self.assertTrue((self.scratch / expected / "summary.json").is_file())

    def test_plain_output_has_no_control_characters(self):
        result = self.launch(2, "train", "small-run.toml", "--out", "plain-out")
        self.assert_ended_well(result)
        self.assertNotRegex(result.stdout, "[\x1b\r\b]")


if __name__ == "__main__":
    e2e_case.main()
