"""What a run's own configuration lets go wrong ([[fault]]), over real MPI."""

import e2e_case

WORKERS = 3

LIVENESS = """\
[liveness]
heartbeat_seconds = 0.1
worker_timeout_seconds = 1.5
server_timeout_seconds = 3
gather_timeout_seconds = 5
drain_timeout_seconds = 3
"""


class FaultPlanTest(e2e_case.E2eCase):
    def train(self, strategy, out, faults, *settings):
        """Everything is suffered in the first rounds; the time limit ends the run."""
        plan = LIVENESS + "".join(f"[[fault]]\n{keys}\n" for keys in faults)
        (self.scratch / f"{out}.toml").write_text(e2e_case.SMALL_RUN + plan)
        words = ["train", f"{out}.toml", "--out", out]
        for setting in (f"strategy.type={strategy}", "train.steps_per_round=100", "stop.patience=0", *settings):
            words += ["--set", setting]
        return self.launch(1 + WORKERS, *words)

    def test_a_run_outlives_everything_at_once(self):
        faults = (
            'rank = 1\nkind = "kill"\nat_round = 20',
            'rank = 2\nkind = "freeze"\nat_round = 10\nseconds = 0.5',
            'rank = 2\nkind = "malformed"\nat_round = 15',
            'rank = 3\nkind = "non_finite"\nat_round = 10',
            'rank = 3\nkind = "cut"\nat_round = 20\nseconds = 0.5',
            'rank = 3\nkind = "slow"\nat_round = 5\nseconds = 1\nfactor = 3',
        )
        for strategy in ("hermes", "bsp", "asp", "ssp", "ebsp", "selsync", "timebox"):
            with self.subTest(strategy=strategy):
                result = self.train(strategy, f"all-{strategy}", faults, "stop.max_seconds=4", "stop.max_rounds=0")
                self.assert_ended_well(result)
                summary = self.summary(f"all-{strategy}")
                self.assertEqual(summary["stop_reason"], "max_seconds")
                self.assertGreater(summary["test_accuracy"], 0.9)
                table = {worker["rank"]: worker for worker in summary["worker_table"]}
                self.assertEqual([table[rank]["state"] for rank in (1, 2, 3)], ["lost", "left", "left"], result)

    def test_a_run_that_loses_all_workers_is_saved_and_goes_on_later(self):
        faults = [f'rank = {rank}\nkind = "kill"\nat_round = 30' for rank in range(1, WORKERS + 1)]
        result = self.train("bsp", "none-left", faults, "stop.max_rounds=60")
        self.assertEqual(result.code, 75, result)
        self.assertRegex(result.stderr, "^hermes: rank 0: stopped: .*--resume.*\n$")
        self.assertEqual(self.summary("none-left")["workers_lost"], WORKERS)
        words = ["train", "small-run.toml", "--out", "none-left", "--resume"]
        for setting in ("strategy.type=bsp", "train.steps_per_round=100", "stop.patience=0", "stop.max_rounds=60"):
            words += ["--set", setting]
        self.assert_ended_well(self.launch(1 + WORKERS, *words))
        self.assertGreater(self.summary("none-left")["test_accuracy"], 0.9)

    def test_workers_leave_when_the_server_is_killed(self):
        result = self.train("hermes", "no-server", ['rank = 0\nkind = "kill"\nat_seconds = 3'], "stop.max_rounds=0", "stop.max_seconds=60")
        self.assertEqual(result.code, 70, result)
        self.assertEqual(sum("silent" in line for line in result.stderr.splitlines()), WORKERS, result)

    def test_a_plan_for_a_rank_that_is_not_there_is_refused(self):
        result = self.train("bsp", "nobody", ['rank = 4\nkind = "kill"\nat_round = 1'])
        self.assertEqual(result.code, 2, result)
        self.assertIn("expected a rank of a run with 3 workers, found 4", result.stderr)
        alone = self.run_hermes("train", "nobody.toml", "--out", "alone")
        self.assertEqual(alone.code, 2, alone)
        self.assertIn("one rank alone has no faults", alone.stderr)


if __name__ == "__main__":
    e2e_case.main()
