"""Numbers instead of labels, from a table to predictions: convert, inspect, train, evaluate, predict."""

import csv
import json
import math
import random

import e2e_case

MODEL = """\
name = "surface"
input = [2]
[[layer]]
type = "dense"
units = 24
[[layer]]
type = "tanh"
[[layer]]
type = "dense"
units = 2
"""
RUN = """\
name = "surface"
seed = 3
[model]
file = "surface.toml"
[data]
file = "surface.h5"
validation = 200
evaluation_rows = 200
[train]
loss = "mse"
minibatch = 16
optimizer = { learning_rate = 0.05, momentum = 0.9 }
[allocation]
initial_rows = 400
[stop]
max_rounds = 80
max_seconds = 100
"""


def surface(a, b):
    return math.sin(2 * a) + b, a * b


class RegressionTest(e2e_case.E2eCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        noise = random.Random(4)
        points = [(noise.uniform(-1, 1), noise.uniform(-1, 1)) for _ in range(2000)]
        lines = [",".join(f"{value:.6f}" for value in (*point, *surface(*point))) for point in points]
        (cls.scratch / "surface.csv").write_text("\n".join(["a,b,wave,product", *lines]) + "\n")
        (cls.scratch / "surface.toml").write_text(MODEL)
        (cls.scratch / "surface-run.toml").write_text(RUN)
        cls.convert = ["convert", "csv", "surface.csv", "--target", "wave,product", "--out"]
        made = cls.run_hermes(*cls.convert, "surface.h5")
        if made.code != 0:
            raise RuntimeError(f"the data set could not be made: {made}")

    def train(self, strategy, out, *settings):
        words = [word for one in (f"strategy.type={strategy}", *settings) for word in ("--set", one)]
        result = self.launch(3, "train", "surface-run.toml", *words, "--out", out)
        self.assert_ended_well(result)
        return result

    def check_model(self, out, loss_max):
        summary = self.summary(out)
        self.assertLess(summary["test_loss"], loss_max)
        self.assertIsNone(summary["test_accuracy"])
        self.assertIsNone(summary["best_validation_accuracy"])
        evaluated = self.run_hermes("evaluate", "--model", out, "--data", "surface.h5", "--json")
        self.assert_ended_well(evaluated)
        facts = json.loads(evaluated.stdout)
        self.assertAlmostEqual(facts["loss"], summary["test_loss"], places=6)
        self.assertIsNone(facts["accuracy"])
        said = self.run_hermes("evaluate", "--model", out, "--data", "surface.h5")
        self.assertRegex(said.stdout, r"^test: 400 rows, loss [\d.]+\n$")

    def test_bsp_and_hermes_learn_the_surface(self):
        # The numbers have variances of 0.8 and 0.1: a mean squared error of 0.45 is no knowledge.
        for strategy in ("bsp", "hermes"):
            with self.subTest(strategy=strategy):
                result = self.train(strategy, strategy)
                self.assertNotIn("nan", result.stdout)
                self.check_model(strategy, 0.01)
        gated = [row for row in self.metrics("hermes") if row["event"] == "report"]
        self.assertTrue(all(float(row["validation_loss"]) > 0 for row in gated))
        self.assertTrue(any(row["kind"] == "suppressed" for row in gated), "the gate never closed")

    def test_a_run_goes_on_and_rows_from_the_server_are_the_same(self):
        self.train("bsp", "whole", "stop.max_rounds=20")
        self.train("bsp", "pieces", "stop.max_rounds=7", "checkpoint.every_seconds=0.001")
        words = ["--set", "strategy.type=bsp", "--set", "stop.max_rounds=20", "--out", "pieces", "--resume"]
        self.assert_ended_well(self.launch(3, "train", "surface-run.toml", *words))
        self.train("bsp", "served", "stop.max_rounds=20", "data.delivery=server")
        models = [(self.scratch / out / "model.h5").read_bytes() for out in ("whole", "pieces", "served")]
        self.assertTrue(models[0] == models[1], "the resumed run differs")
        self.assertTrue(models[0] == models[2], "rows from the server differ")

    def test_predictions_are_the_numbers(self):
        self.train("bsp", "said")
        ended = self.run_hermes("predict", "--model", "said", "--data", "surface.h5", "--out", "said.csv")
        self.assert_ended_well(ended)
        self.assertEqual(ended.stdout, "said.csv: 400 rows of 2 outputs\n")
        with open(self.scratch / "said.csv", newline="", encoding="ascii") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(list(rows[0]), ["row", "output_0", "output_1"])
        self.assertEqual(len(rows), 400)
        waves = [float(row["output_0"]) for row in rows]
        self.assertGreater(max(waves), 1.0)
        self.assertLess(min(waves), -1.0)
        self.assert_ended_well(
            self.run_hermes("predict", "--model", "said", "--data", "surface.h5", "--out", "said.h5")
        )
        listed = self.run_hermes("inspect", "surface.h5")
        self.assertIn("targets         2 numbers", listed.stdout)
        self.assertNotIn("class", listed.stdout)

    def test_what_needs_labels_is_refused_by_name(self):
        for words, settings in [
            ("loss: expected mse, as y of .*surface.h5 holds numbers, found cross_entropy", ["train.loss=cross_entropy"]),
            ("'data.partition': expected 'shared' or 'disjoint'", ["data.partition=by_label"]),
            ("'stop.target_accuracy': expected 0", ["stop.target_accuracy=0.9"]),
        ]:
            with self.subTest(words=words):
                overrides = [word for one in settings for word in ("--set", one)]
                result = self.run_hermes("train", "surface-run.toml", *overrides, "--out", "none")
                self.assertEqual(result.code, 2, result)
                self.assertRegex(result.stderr, rf"\Ahermes: .*{words}[^\n]*\n\Z")
                self.assertFalse((self.scratch / "none").exists())
        both = self.run_hermes(*self.convert, "both.h5", "--label", "a")
        self.assertEqual(both.code, 2, both)


if __name__ == "__main__":
    e2e_case.main()
