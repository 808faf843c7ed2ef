"""The commands that need no other rank: version, help, conversions and what inspect says of them."""

import gzip
import json
import os
import random
import re
import signal
import subprocess

import e2e_case


class CliTest(e2e_case.E2eCase):
    def run_well(self, *arguments):
        result = self.run_hermes(*arguments)
        self.assert_ended_well(result)
        return result.stdout

    def inspect(self, path):
        """`hermes inspect`: label -> the rest of the line, one space between words."""
        facts = {}
        for line in self.run_well("inspect", path).splitlines():
            words = line.split()
            for size in range(1, min(3, len(words))):
                facts.setdefault(" ".join(words[:size]), " ".join(words[size:]))
        return facts

    def test_version_names_program_and_kernels(self):
        program, kernels, library = self.run_well("--version").splitlines()
        self.assertRegex(program, r"^hermes \d+\.\d+\.\d+$")
        self.assertRegex(kernels, r"^OpenBLAS kernels: \w+ \(.+\), \d+ threads?; vector kernels: \S+$")
        self.assertRegex(library, r"^OpenBLAS \d")

    def test_every_command_has_help(self):
        commands = self.run_well("--help")
        for command in ("train", "convert", "inspect", "evaluate", "export", "predict", "gate", "plan"):
            self.assertRegex(commands, rf"\n  {command} +\w")
        for command, words in [
            (["train"], ["--set", "--out", "--quiet", "config"]),
            (["convert"], ["idx", "cifar10", "csv", "npy", "images"]),
            (["convert", "npy"], ["--train-x", "--train-y", "--test-x", "--test-y", "--out"]),
            (["convert", "images"], ["--train", "--test", "--out"]),
            (["export"], ["--model", "--format", "--out", "onnx", "safetensors", "h5"]),
            (["predict"], ["--model", "--data", "--split", "--out"]),
            (["convert", "idx"], ["--train-images", "--test-labels", "--out", "--limit", "--seed"]),
            (["convert", "cifar10"], ["--train", "--test", "--out"]),
            (["convert", "csv"], ["--label", "--target", "--test-fraction", "--separator", "--out"]),
            (["inspect"], ["path"]),
            (["plan"], ["config", "--ranks", "--memory", "--set"]),
            (["evaluate"], ["--model", "--data", "--split", "--json"]),
            (["gate"], ["--alpha", "--beta", "--lambda", "--window", "--max-silent", "--reset", "--keep-window"]),
        ]:
            with self.subTest(command=command):
                text = self.run_well(*command, "--help")
                self.assertEqual([word for word in words if word not in text], [])

    def test_plan_counts_every_byte(self):
        plan = self.run_well("plan", "small-run.toml", "--ranks", 4, "--memory", "100MiB")
        _, server, workers = plan.split("\n\n")
        self.assertRegex(server, r"^rank 0, the server\n")
        self.assertRegex(workers, r"^ranks 1 to 3, each a worker\n")
        for text in (server, workers):
            items = [
                (name.strip(), int(number.replace(",", "")))
                for name, number in re.findall(r"^  (.{30}) *([\d,]+) B ", text, re.MULTILINE)
            ]
            names = [name for name, _ in items]
            self.assertEqual(names[-2:], ["sum", "budget"])
            self.assertEqual(sum(number for _, number in items[:-2]), items[-2][1])
            self.assertEqual(items[-1][1], 100 * 1024 * 1024)
        self.assertRegex(workers, r"shard of 120 rows")
        self.assertRegex(workers, r"largest shard +600 rows  of 600 that it draws from")
        self.assertRegex(workers, r"windows per pass +5 ")

    def test_plan_refuses_what_does_not_fit(self):
        for memory, words in [("1MiB", "memory of rank 0.*found a budget of 1.0 MiB"), ("5", "--memory")]:
            result = self.run_hermes(
                "plan", "small-run.toml", "--ranks", 4, "--memory", memory
            )
            self.assertEqual(result.code, 2, result)
            self.assertRegex(result.stderr, rf"\Ahermes: .*{words}[^\n]*\n\Z")

    def test_help_is_said_by_one_rank(self):
        result = self.launch(2, "--version")
        self.assert_ended_well(result)
        self.assertEqual(len(result.stdout.splitlines()), 3, result)

    def test_idx(self):
        facts = self.inspect("small.h5")
        self.assertEqual((facts["training rows"], facts["test rows"]), ("700", "200"))
        self.assertRegex(facts["row"], "^1 x 28 x 28")
        self.assertRegex(facts["stored as"], "^uint8")
        self.assertEqual(facts["class count"], "10")

    def test_idx_is_the_same_from_gzip_files(self):
        arguments = []
        for word in self.idx:
            if not isinstance(word, str):
                packed = word.with_name(word.name + ".gz")
                packed.write_bytes(gzip.compress(word.read_bytes()))
                word = packed
            arguments.append(word)
        self.run_well("convert", "idx", *arguments, "--out", "unpacked.h5")
        files = [(self.scratch / name).read_bytes() for name in ("small.h5", "unpacked.h5")]
        self.assertEqual(*files)

    def test_limit_seed_class_names_and_compression(self):
        names = ",".join(f"class-{number}" for number in range(10))
        made = []
        for seed in (1, 1, 2):
            out = f"limited-{len(made)}.h5"
            options = ["--limit", 50, "--seed", seed, "--compress", "--class-names", names]
            self.run_well("convert", "idx", *self.idx, "--out", out, *options)
            made.append((self.scratch / out).read_bytes())
        self.assertEqual(made[0], made[1])
        self.assertNotEqual(made[0], made[2])
        facts = self.inspect("limited-0.h5")
        self.assertEqual((facts["training rows"], facts["test rows"]), ("50", "200"))
        self.assertIn("class-9", self.run_well("inspect", "limited-0.h5"))

    def test_cifar10(self):
        noise = random.Random(3)
        batches = []
        for name, rows in (("batch-1", 20), ("batch-2", 12), ("test-batch", 7)):
            records = b"".join(bytes([row % 10]) + noise.randbytes(3072) for row in range(rows))
            (self.scratch / name).write_bytes(records)
            batches.append(name)
        sources = ["--train", *batches[:2], "--test", batches[2]]
        self.run_well("convert", "cifar10", *sources, "--out", "cifar.h5")
        facts = self.inspect("cifar.h5")
        self.assertEqual((facts["training rows"], facts["test rows"]), ("32", "7"))
        self.assertRegex(facts["row"], "^3 x 32 x 32")
        self.assertIn("airplane", self.run_well("inspect", "cifar.h5"))

    def write_table(self, name, separator=","):
        """Two features whose larger one is the class."""
        noise = random.Random(4)
        lines = [separator.join(("first", "second", "larger"))]
        for _ in range(400):
            pair = (noise.uniform(-1, 1), noise.uniform(-1, 1))
            lines.append(separator.join([*(f"{value:.4f}" for value in pair), str(int(pair[1] > pair[0]))]))
        (self.scratch / name).write_text("\n".join(lines) + "\n")

    def test_csv(self):
        self.write_table("comma.csv")
        self.write_table("semicolon.csv", ";")
        fraction = ["--test-fraction", "0.25", "--label", "larger"]
        self.run_well("convert", "csv", "comma.csv", *fraction, "--out", "comma.h5")
        options = [*fraction, "--separator", ";"]
        self.run_well("convert", "csv", "semicolon.csv", *options, "--out", "semicolon.h5")
        facts = self.inspect("comma.h5")
        self.assertEqual((facts["training rows"], facts["test rows"]), ("300", "100"))
        self.assertRegex(facts["row"], "^2 ")
        self.assertRegex(facts["stored as"], "^float32")
        tables = [(self.scratch / f"{name}.h5").read_bytes() for name in ("comma", "semicolon")]
        self.assertEqual(*tables)

    def test_own_table_and_model_train_and_evaluate(self):
        self.write_table("own.csv")
        self.run_well("convert", "csv", "own.csv", "--label", "2", "--out", "own.h5")
        (self.scratch / "own.toml").write_text(
            'name = "own"\ninput = [2]\n[[layer]]\ntype = "dense"\nunits = 2\n'
        )
        settings = ["model.file=own.toml", "data.file=own.h5", "data.validation=50", "stop.max_rounds=30"]
        overrides = [word for setting in settings for word in ("--set", setting)]
        self.run_well("train", "small-run.toml", *overrides, "--out", "own", "--quiet")
        evaluation = json.loads(self.run_well("evaluate", "--model", "own", "--data", "own.h5", "--json"))
        self.assertGreater(evaluation["accuracy"], 0.9)
        for split in ("test", "train"):
            said = self.run_well("evaluate", "--model", "own/model.h5", "--data", "own.h5", "--split", split)
            self.assertRegex(said, rf"^{split}: \d+ rows, loss [\d.]+, accuracy [\d.]+\n$")

    def test_a_warning_before_the_configuration_is_read_counts(self):
        """Slurm may warn a job that has hardly begun: it ends in order, not by the signal."""
        pipe = self.scratch / "early.toml"
        os.mkfifo(pipe)
        command = [self.hermes, "train", pipe, "--out", "early", "--quiet"]
        with subprocess.Popen(
            command, cwd=self.scratch, env=self.environment, stderr=subprocess.PIPE, text=True
        ) as run:
            with open(pipe, "w", encoding="utf-8") as writer:  # waits until the program reads
                run.send_signal(signal.SIGUSR1)
                writer.write(e2e_case.SMALL_RUN)
            _, said = run.communicate(timeout=60)
        self.assertEqual((run.returncode, said), (3, "hermes: rank 0: stopped: interrupted\n"))

    def test_gate_explains_each_decision(self):
        (self.scratch / "losses.csv").write_text("2.3\n2.1\n1.9\n1.2\nnan\n1.3\n")
        lines = self.run_well("gate", "losses.csv").splitlines()
        self.assertEqual(len(lines), 7)
        self.assertIn("z -1.6282 <= threshold -1.3000", lines[3])
        self.assertTrue(lines[3].endswith("silent 4 -> push (significant)"), lines[3])
        self.assertIn("not finite", lines[4])
        self.assertTrue(lines[5].endswith("silent 1 -> no push"), lines[5])
        self.assertEqual(lines[6], "6 rounds, 1 push, worker independence 6.00")
        eager = self.run_well("gate", "losses.csv", "--alpha", "-0.5", "--keep-window").splitlines()
        self.assertEqual(eager[-1], "6 rounds, 4 pushes, worker independence 1.50")

    def test_gate_replays_what_a_run_recorded(self):
        run = self.launch(3, "train", "small-run.toml", "--out", "gated", "--quiet")
        self.assert_ended_well(run)
        reports = [row for row in self.metrics("gated") if row["event"] == "report"]
        pushes = sum(row["kind"] == "push" for row in reports)
        said = self.run_well("gate", "gated/metrics.csv").splitlines()[-1]
        self.assertRegex(said, rf"^{len(reports)} rounds, {pushes} push")

    def test_gate_names_what_is_wrong_with_its_file(self):
        for text, problem in [
            ("a,b\n1,2\n", "line 1: expected a column 'validation_loss' (see --column), found 'a,b'"),
            ("1\nx\n", "line 2: loss: expected a number, found 'x'"),
            ("1,2\n", "line 1: expected a header, as there are 2 columns, found numbers"),
            ("", "expected at least one loss, found none"),
            ("rank,validation_loss\n1\n", "line 2: expected as many columns as the first row has, found 1"),
        ]:
            (self.scratch / "bad.csv").write_text(text)
            with self.subTest(text=text):
                result = self.run_hermes("gate", "bad.csv")
                self.assertEqual(result.code, 2, result)
                self.assertEqual(result.stderr, f"hermes: bad.csv: {problem}\n")


if __name__ == "__main__":
    e2e_case.main()
