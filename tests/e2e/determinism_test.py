"""What a seed promises: the same weights, bit for bit. Takes COMPARE_MODELS as a third argument."""

import pathlib
import sys

import e2e_case


class DeterminismTest(e2e_case.E2eCase):
    compare_models = None

    def train(self, ranks, out, *settings):
        arguments = ["train", "small-run.toml", "--set", "strategy.type=bsp", *settings, "--out", out]
        result = self.launch(ranks, *arguments)
        self.assert_ended_well(result)
        return out

    def compare(self, *runs):
        return self.run_command([self.compare_models, *(f"{run}/model.h5" for run in runs)])

    def assert_same_files(self, *runs):
        """Of one configuration: not the weights alone, the files are the same."""
        models = [(self.scratch / run / "model.h5").read_bytes() for run in runs]
        self.assertEqual(*models)

    def assert_same_weights(self, *runs):
        result = self.compare(*runs)
        self.assertEqual((result.code, result.stderr), (0, ""), result)

    def test_bsp_with_four_workers_repeats_itself(self):
        runs = (self.train(5, "first"), self.train(5, "second"))
        self.assert_same_weights(*runs)
        self.assert_same_files(*runs)

    def test_bsp_stopped_by_patience_repeats_itself(self):
        settings = ["--set", "stop.patience=3", "--set", "stop.max_rounds=400"]
        settings += ["--set", "train.optimizer.learning_rate=0.5"]
        self.assert_same_weights(
            self.train(4, "patient-1", *settings), self.train(4, "patient-2", *settings)
        )

    def test_bsp_with_one_worker_is_sequential_training(self):
        alone = self.run_hermes("train", "small-run.toml", "--out", "alone")
        self.assert_ended_well(alone)
        self.assert_same_weights(self.train(2, "one-worker"), "alone")

    def test_another_seed_gives_other_weights(self):
        for seed in (1, 2):
            arguments = ["--set", f"seed={seed}", "--out", f"seed-{seed}"]
            self.assert_ended_well(self.run_hermes("train", "small-run.toml", *arguments))
        result = self.compare("seed-1", "seed-2")
        self.assertEqual(result.code, 1, result)
        self.assertIn("differs", result.stderr)


if __name__ == "__main__":
    DeterminismTest.compare_models = pathlib.Path(sys.argv.pop(3)).resolve()
    e2e_case.main()
