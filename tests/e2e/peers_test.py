"""bench/peers/compare: every kind of row once, as briefly as can be, and what it refuses."""

import json
import pathlib
import sys

import e2e_case


class PeersTest(e2e_case.E2eCase):
    build = None

    def compare(self, *arguments):
        program = self.source / "bench" / "peers" / "compare"
        return self.run_command([program, "--build", self.build, "--data", "small.h5", *arguments])

    def assert_refused(self, result, words):
        self.assertEqual(result.code, 2, result)
        self.assertRegex(result.stderr.splitlines()[-1], words)

    def test_rows_of_every_kind_end_in_a_table_and_in_json(self):
        names = ["mlp16", "train_mlp16", "bsp_mlp16", "fma_mlp128"]
        tiny = ["--pairs", "2", "--seconds", "0.02", "--warm-up", "0", "--scale", "0.002"]
        result = self.compare("--rows", ",".join(names), *tiny, "--json", "ratios.json")
        if result.code == 2 and "torch" in result.stderr:
            self.skipTest(result.stderr.strip())
        self.assert_ended_well(result)
        table = [line.split(" | ") for line in result.stdout.splitlines() if line.startswith("| ")]
        self.assertEqual([line[0].lstrip("| ") for line in table], ["row", *names])
        found = json.loads((self.scratch / "ratios.json").read_text())
        self.assertEqual(list(found["rows"]), names)
        self.assertGreater(found["fma_peak_gflop_per_second"], 0)
        for name, row in found["rows"].items():
            with self.subTest(row=name):
                self.assertEqual([len(row[key]) for key in ("hermes", "peer", "ratios")], [2, 2, 2])
                ratios = [ours / theirs for ours, theirs in zip(row["hermes"], row["peer"])]
                self.assertEqual(row["ratios"], ratios)
                self.assertAlmostEqual(row["ratio"], sum(ratios) / 2)
                self.assertEqual(row["met"], row["ratio"] >= row["target"])
                self.assertGreater(min(row["hermes"] + row["peer"] + [row["limit"]]), 0)

    def test_says_in_one_line_what_is_missing(self):
        self.assert_refused(self.compare("--rows", "mlp16,lenet"), "expected some of mlp16, .*, found 'lenet'")
        without_torch = self.compare("--rows", "mlp16", "--torch-python", "false")
        self.assert_refused(without_torch, r"\Acompare: expected a Python with torch and h5py, found none \(false\)")
        self.assertEqual(len(without_torch.stderr.splitlines()), 1, without_torch)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit("expected arguments: HERMES SOURCE_DIR BUILD_DIR")
    PeersTest.build = pathlib.Path(sys.argv.pop(3)).resolve()
    e2e_case.main()
