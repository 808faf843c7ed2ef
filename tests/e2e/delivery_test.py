"""How rows come to the workers changes neither the rows nor the result."""

import e2e_case

WITHOUT_FILE = """\
#!/bin/sh
# The workers find no data set, wherever they look for it.
if [ "${{OMPI_COMM_WORLD_RANK:-0}}" -gt 0 ]; then
    exec {hermes} "$@" --set data.file=nowhere.h5
fi
exec {hermes} "$@"
"""


class DeliveryTest(e2e_case.E2eCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.without_file = cls.scratch / "without-file.sh"
        cls.without_file.write_text(WITHOUT_FILE.format(hermes=cls.hermes))
        cls.without_file.chmod(0o755)

    def train(self, out, *settings, program=None):
        arguments = ["train", "small-run.toml", "--out", out]
        for setting in ("strategy.type=bsp", *settings):
            arguments += ["--set", setting]
        result = self.launch(4, *arguments, program=program)
        self.assert_ended_well(result)
        return (self.scratch / out / "model.h5").read_bytes(), self.summary(out)

    def test_rows_from_file_thread_or_server_train_the_same_model(self):
        for partition in ("shared", "by_label"):
            pools = (f"data.partition={partition}", "data.labels_per_worker=2")
            pools += ("allocation.initial_rows=60", "stop.max_rounds=24")
            model, summary = self.train(f"{partition}-file", *pools)
            self.assertEqual(summary["bytes_data"], 0)
            sliced, _ = self.train(f"{partition}-sliced", *pools, "data.prefetch=false")
            self.assertTrue(sliced == model, "without the thread the model differs")
            served, summary = self.train(
                f"{partition}-served",
                *pools,
                "data.delivery=server",
                program=self.without_file,
            )
            self.assertTrue(served == model, "with rows from the server the model differs")
            # Windows of up to 60 rows of 28 x 28 bytes, a new one every eight steps.
            self.assertGreater(summary["bytes_data"], 3 * 20 * 40 * 784)
            for worker in summary["worker_table"]:
                self.assertGreaterEqual(worker["data_seconds"], 0.0)

    def test_gated_training_works_without_a_file_at_the_workers(self):
        arguments = ["train", "small-run.toml", "--out", "gated", "--set", "data.delivery=server"]
        self.assert_ended_well(self.launch(3, *arguments, program=self.without_file))
        self.assertGreater(self.summary("gated")["bytes_data"], 0)

    def test_without_delivery_a_worker_without_the_file_says_so(self):
        result = self.launch(
            3, "train", "small-run.toml", "--out", "none", program=self.without_file
        )
        self.assertEqual(result.code, 2, result)
        self.assertIn("nowhere.h5", result.stderr)


if __name__ == "__main__":
    e2e_case.main()
