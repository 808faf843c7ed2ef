"""bench/compare: rows, settings of single rows, the table and the files that it leaves."""

import csv
import json

import e2e_case


class CompareTest(e2e_case.E2eCase):
    def compare(self, *arguments):
        program = self.source / "bench" / "compare"
        options = ["--program", self.hermes, "-n", "3", "--target", "0.8", "--out", "table"]
        return self.run_command([program, "small-run.toml", *options, *arguments])

    def rows(self):
        with open(self.scratch / "table" / "table.csv", newline="") as file:
            return {row["strategy"]: row for row in csv.DictReader(file)}

    def test_rows_take_turns_over_seeds_and_end_in_one_table(self):
        result = self.compare(
            "--strategies", "bsp,idle=bsp,selsync,alone", "--seeds", "2", "--set", "idle:train.optimizer.learning_rate=1e-9",
            "--set", "selsync:strategy.selsync.window=2",
        )
        self.assertEqual(result.code, 0, result)
        turns = [line.split(": ")[1:] for line in result.stderr.splitlines()]
        self.assertEqual(turns.pop()[0], "plots")
        names = ["bsp", "idle", "selsync", "alone"]
        self.assertEqual(turns, [[f"seed {seed}", name] for seed in (1, 2) for name in names])
        rows = self.rows()
        self.assertEqual(list(rows), names)
        self.assertEqual(rows["bsp"]["speed-up over bsp"], "1.00")
        self.assertEqual(rows["bsp"]["of seeds"], "2/2")
        self.assertEqual((rows["idle"]["s to 0.8"], rows["idle"]["of seeds"]), ("-", "0/2"))
        self.assertEqual(float(rows["alone"]["MiB up"]), 0.0)
        runs = json.loads((self.scratch / "table" / "runs.json").read_text())["rows"]
        summary = self.summary("table/bsp-2")
        self.assertEqual(summary["seed"], 2)
        for key in ("rounds", "pushes", "bytes_up", "test_accuracy"):
            self.assertEqual(runs["bsp"]["2"][key], summary[key])
        table = (self.scratch / "table" / "table.md").read_text()
        self.assertEqual(result.stdout, table)
        self.assertEqual(len(table.splitlines()), 2 + len(names))

    def test_bad_input_ends_it_at_once(self):
        result = self.compare("--strategies", "bsp,asp", "--set", "train.minibatch=0")
        self.assertEqual(result.code, 2, result)
        self.assertNotIn("asp", result.stderr)
        self.assertEqual(self.compare("--seeds", "0").code, 2)
        mistyped = self.compare("--strategies", "bsp,asp", "--set", "aps:train.minibatch=8")
        self.assertEqual(mistyped.code, 2, mistyped)
        self.assertIn("expected one of the rows bsp, asp, found aps", mistyped.stderr)


if __name__ == "__main__":
    e2e_case.main()
