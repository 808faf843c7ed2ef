"""bench/cluster/experiment from tuning to tables, with a program that only pretends to simulate."""

import contextlib
import importlib.machinery
import importlib.util
import io
import math
import os
import re
import sys
import tomllib
from unittest import mock

import cluster_case
import outcomes
import runs

# Reaches 0.8 and 0.9 after times that depend on the learning rate; never with a rate of 0.2 and the barrier.
PRETENDER = """#!{python}
import sys
sys.argv[1:1] = [{source!r}]
sys.path.insert(0, {tests!r})
import cluster_case
words = sys.argv[1:]
platform = words[words.index("--platform") + 1]
settings = dict(word.split("=") for before, word in zip(words, words[1:]) if before == "--set")
rate = float(settings["train.optimizer.learning_rate"])
limit = float(settings["stop.max_seconds"])
time = 2 / rate + ("disturbed" in platform.split("/")) * 3
evaluations = [(0.5, 0.8, 1000, 1000), (time, 0.95, 2000, 2000)]
if rate == 0.2 and settings["strategy.type"] == "bsp" and "--host" not in words or time > limit:
    evaluations = [(0.5, 0.8, 1000, 1000), (limit, 0.85, 2000, 2000)]
out = words[words.index("--out") + 1]
cluster_case.ClusterCase().write_run(out, evaluations)
"""


def load_experiment():
    path = str(cluster_case.SOURCE / "bench/cluster/experiment")
    loader = importlib.machinery.SourceFileLoader("experiment", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    with mock.patch.object(sys, "dont_write_bytecode", True):
        loader.exec_module(module)
    return module


class ExperimentTest(cluster_case.ClusterCase):
    def setUp(self):
        super().setUp()
        self.experiment = load_experiment()
        text = PRETENDER.format(python=sys.executable, source=str(cluster_case.SOURCE),
                                tests=str(cluster_case.SOURCE / "tests/cluster"))  # fmt: skip
        runs.SIMULATE = self.write("simulate", text)
        os.chmod(runs.SIMULATE, 0o755)
        self.plan = self.write_plan()

    def call(self, verb, *words):
        places = ["--out", self.scratch / "runs", "--results", self.scratch / "results", "--tuned", self.scratch / "tuned"]
        arguments = ["experiment", verb, self.plan, *places, *words]
        with mock.patch.object(sys, "argv", [str(word) for word in arguments]):
            with contextlib.redirect_stdout(io.StringIO()) as said, contextlib.redirect_stderr(said):
                code = self.experiment.main()
        return code, said.getvalue()

    def tuned(self):
        return tomllib.loads((self.scratch / "tuned/four-small.toml").read_text())

    def results(self):
        lines = outcomes.read_results(self.scratch / "results/plan-four-small.csv")
        return {(line["row"], line["seed"]): line for line in lines}

    def test_from_the_grid_to_the_table(self):
        self.assertEqual(self.call("tune")[0], 0)
        tuned = self.tuned()
        rate = "train.optimizer.learning_rate"
        self.assertEqual({row: entry["settings"][rate] for row, entry in tuned.items()},
                         {"barrier": 0.1, "gate": 0.2, "coin": 0.2, "alone": 0.2})  # fmt: skip
        tried = tuned["barrier"]["tried"]
        self.assertEqual([one["limit"] for one in tried], [100, 20, 20, 20])
        # The third seed cannot change a median once two runs were too late.
        self.assertEqual([one["times"] for one in tried], [[20.0] * 3, [math.inf] * 2, [20.0] * 3, [math.inf] * 2])
        self.assertEqual(tuned["gate"]["push_rate"], 0.25)
        code, said = self.call("run")
        self.assertEqual(code, 0, said)
        found = self.results()
        self.assertEqual(len(found), 10)
        own = found["own_rate", 1]  # not tuned
        self.assertEqual((own["learning_rate"], own["seconds_to_main"]), (0.4, 5))
        self.assertEqual(found["barrier", 1]["seconds_to_main"], 20)
        self.assertEqual(found["coin", 2]["seconds_to_main"], 10)
        table = (self.scratch / "results/plan-four-small.md").read_text()
        self.assertRegex(table, re.escape("| gate | 0.2 | 0.500 [0.500-0.500] | 10.0 [10.0-10.0] |"))
        log = (self.scratch / "runs/plan/four-small/coin/seed-1/run.log").read_text()
        self.assertIn("strategy.hermes.push_probability=0.25 ", log)
        self.assertIn("strategy.hermes.push_period=4 ", log)

    def test_a_row_alone_keeps_the_other_lines_of_the_results(self):
        self.call("tune")
        self.call("run", "--rows", "barrier,gate")
        self.call("run", "--rows", "gate,alone", "--seeds", "2,3")
        keys = [("barrier", 1), ("barrier", 2), ("gate", 1), ("gate", 2), ("gate", 3), ("alone", 2), ("alone", 3)]
        self.assertEqual(list(self.results()), keys)

    def test_disturbed_platform_is_run_after_the_steady_one(self):
        self.write_plan(straggler=' speed_file="falls.txt"')
        self.write("falls.txt", "0.0 1.0\n60 0.1\n")
        self.call("tune", "--rows", "gate")
        code, said = self.call("run", "--rows", "gate")
        self.assertEqual(code, 0, said)
        line = self.results()["gate", 1]
        self.assertEqual((line["undisturbed_seconds"], line["seconds_to_main"]), (10, 13))
        place = self.scratch / "runs/plan/four-small/gate/seed-1/disturbed"
        self.assertEqual((place / "straggler.speed").read_text(), "0.0 1.0\n5.0 0.1\n")
        self.assertIn("+30 [+30 to +30]", (self.scratch / "results/plan-four-small.md").read_text())

    def test_says_in_one_line_what_is_missing(self):
        code, said = self.call("run", "--rows", "gate")
        self.assertEqual((code, len(said.splitlines())), (2, 1), said)
        self.assertIn("tune it first", said)
        self.assertEqual(self.call("tune", "--rows", "coin")[0], 2)
        self.assertIn("expected rows of plan, found 'lenet'", self.call("run", "--rows", "lenet")[1])
        self.assertIn("expected one of small, found 'huge'", self.call("run", "--job", "huge")[1])


if __name__ == "__main__":
    cluster_case.main()
