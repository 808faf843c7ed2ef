"""The bad-input list over every command: exit code 2, one line that says what is wrong, nothing
written, an end within the deadline.

A row of CASES is (command, what is wrong, arguments). Files are named relative to the scratch
directory; setUpClass makes them. A command of `hermes --help` without a
row fails test_every_command_has_cases.
"""

import re
import subprocess

import e2e_case

DEADLINE_S = 30

# Files of a kind that no command accepts; small.h5, small-run.toml and the IDX files are sound.
WRONG_FILES = ["absent", "directory", "empty", "noise", "cut.h5"]

IDX = {
    "--train-images": "train-images",
    "--train-labels": "train-labels",
    "--test-images": "test-images",
    "--test-labels": "test-labels",
}


def idx(**replaced):
    """Arguments of `convert idx` with some files replaced: train_images="empty"."""
    files = {**IDX, **{"--" + name.replace("_", "-"): file for name, file in replaced.items()}}
    return ["idx", *(word for pair in files.items() for word in pair)]


CSV = ["csv", "table.csv", "--label", "0"]
OUT = ["--out", "out.h5"]
PLAN = ["small-run.toml", "--ranks", "3"]
EVALUATE = ["--model", "run", "--data", "small.h5"]

CASES = [
    *[("train", f"config: {file}", [file, "--out", "new"]) for file in WRONG_FILES],
    ("doctor", "unknown flag", ["--nonsense"]),
    ("doctor", "no directory", ["--directory", "absent"]),
    ("doctor", "a file as directory", ["--directory", "noise"]),
    *[
        ("export", f"model: {file}", ["--model", file, "--format", "onnx", "--out", "new"])
        for file in [*WRONG_FILES, "small.h5"]
    ],
    ("export", "unknown format", ["--model", "run", "--format", "xml", "--out", "new"]),
    ("export", "no format", ["--model", "run", "--out", "new"]),
    ("export", "output under a file", ["--model", "run", "--format", "h5", "--out", "noise/new"]),
    ("export", "output is a directory", ["--model", "run", "--format", "safetensors", "--out", "directory"]),
    *[
        ("predict", f"model: {file}", ["--model", file, "--data", "small.h5", "--out", "new.csv"])
        for file in [*WRONG_FILES, "small.h5"]
    ],
    *[
        ("predict", f"data: {file}", ["--model", "run", "--data", file, "--out", "new.csv"])
        for file in WRONG_FILES
    ],
    ("predict", "no output", ["--model", "run", "--data", "small.h5"]),
    ("predict", "output of an unknown kind", ["--model", "run", "--data", "small.h5", "--out", "new.txt"]),
    ("predict", "output under a file", ["--model", "run", "--data", "small.h5", "--out", "noise/new.csv"]),
    *[
        ("convert", f"npy: {file}", ["npy", *(word for part in ("train-x", "train-y", "test-x", "test-y")
                                              for word in ("--" + part, file)), *OUT])  # fmt: skip
        for file in WRONG_FILES
    ],
    *[
        ("convert", f"images: {file}", ["images", "--train", file, "--test", file, *OUT])
        for file in WRONG_FILES
    ],
    *[("train", f"--init {file}", ["small-run.toml", "--out", "new", "--init", file]) for file in [*WRONG_FILES, "small.h5"]],
    ("train", "no config", []),
    ("train", "unknown flag", ["small-run.toml", "--out", "new", "--quite"]),
    ("train", "second config", ["small-run.toml", "small-run.toml", "--out", "new"]),
    ("train", "run directory is a file", ["small-run.toml", "--out", "noise"]),
    ("train", "run directory under a file", ["small-run.toml", "--out", "noise/new"]),
    ("train", "--set inside a string", ["small-run.toml", "--out", "new", "--set", "strategy=bsp", "--set", "strategy.type=bsp"]),
    ("train", "resumed with another model", ["other-run.toml", "--out", "run", "--resume"]),
    *[
        ("train", f"--set {setting}", ["small-run.toml", "--out", "new", "--set", setting])
        for setting in [
            "train.minibach=8",
            "train.minibatch",
            "train.minibatch=0",
            "train.minibatch=-1",
            "train.minibatch=99999999999999999999",
            "train.minibatch=eight",
            "train.minibatch=1.5",
            "train.optimizer.learning_rate=nan",
            "train.optimizer.learning_rate=inf",
            "train.optimizer.learning_rate=-1.0",
            "train.optimizer.momentum=1.5",
            "train.loss=none",
            "strategy.type=best",
            "strategy.hermes.alpha=nan",
            "strategy.hermes.window=0",
            "stop.max_seconds=nan",
            "stop.max_rounds=-1",
            "data.validation=700",
            "checkpoint.keep=-1",
            "=1",
            "wire.payload=fp8",
            *(f"data.file={file}" for file in WRONG_FILES),
            *(f"model.file={file}" for file in WRONG_FILES),
        ]
    ],
    *[
        ("convert", f"idx {part}: {file}", [*idx(**{part: file}), *OUT])
        for part in ("train_images", "train_labels", "test_images", "test_labels")
        for file in [*WRONG_FILES, "cut-images", "cut.gz"]
    ],
    ("convert", "images for labels", [*idx(train_labels="train-images"), *OUT]),
    ("convert", "labels of the other split", [*idx(train_labels="test-labels"), *OUT]),
    *[
        ("convert", f"cifar10 {part}: {file}", ["cifar10", *arguments, *OUT])
        for file in WRONG_FILES
        for part, arguments in [
            ("train", ["--train", file, "--test", "batch"]),
            ("test", ["--train", "batch", "--test", file]),
        ]
    ],
    *[("convert", f"csv: {file}", ["csv", file, "--label", "0", *OUT]) for file in WRONG_FILES],
    ("convert", "csv with nan", ["csv", "nan.csv", "--label", "0", *OUT]),
    ("convert", "csv with inf", ["csv", "inf.csv", "--label", "0", *OUT]),
    ("convert", "csv with a ragged line", ["csv", "ragged.csv", "--label", "0", *OUT]),
    ("convert", "csv without that label", ["csv", "table.csv", "--label", "size", *OUT]),
    ("convert", "csv without that index", ["csv", "table.csv", "--label", "9", *OUT]),
    *[
        ("convert", f"csv {' '.join(option)}", [*CSV, *OUT, *option])
        for option in [
            ["--test-fraction", "0"],
            ["--test-fraction", "1"],
            ["--test-fraction", "nan"],
            ["--test-fraction", "inf"],
            ["--test-fraction", "-0.5"],
            ["--separator", ""],
            ["--separator", "::"],
            ["--limit", "0"],
            ["--limit", "-1"],
            ["--limit", "ten"],
            ["--seed", "-1"],
            ["--sed", "1"],
        ]
    ],
    ("convert", "no format", []),
    ("convert", "unknown format", ["jpeg", *OUT]),
    ("convert", "no output", CSV),
    ("convert", "output is a directory", [*CSV, "--out", "directory"]),
    ("convert", "output in no directory", [*CSV, "--out", "absent/out.h5"]),
    ("convert", "output under a file", [*CSV, "--out", "noise/out.h5"]),
    *[("inspect", file, [file]) for file in WRONG_FILES],
    ("inspect", "no path", []),
    ("inspect", "unknown flag", ["small.h5", "--jsn"]),
    *[("evaluate", f"model: {file}", ["--model", file, "--data", "small.h5"]) for file in WRONG_FILES],
    *[("evaluate", f"data: {file}", ["--model", "run", "--data", file]) for file in WRONG_FILES],
    ("evaluate", "data set for a model", ["--model", "small.h5", "--data", "small.h5"]),
    ("evaluate", "unknown split", [*EVALUATE, "--split", "all"]),
    ("evaluate", "split without rows", [*EVALUATE, "--split", "validation"]),
    ("evaluate", "unknown flag", [*EVALUATE, "--jsn"]),
    ("evaluate", "no data", ["--model", "run"]),
    *[("plan", f"config: {file}", [file, "--ranks", "3"]) for file in WRONG_FILES],
    *[
        ("plan", " ".join(arguments), ["small-run.toml", *arguments])
        for arguments in [
            [],
            ["--ranks", "0"],
            ["--ranks", "-3"],
            ["--ranks", "nan"],
            ["--ranks", "10000000"],
        ]
    ],
    *[("plan", f"--memory {size}", [*PLAN, "--memory", size]) for size in ["0", "-1MiB", "much", "nan"]],
    ("plan", "unknown key", [*PLAN, "--set", "train.minibach=8"]),
    *[("report", file, [file, "--out", "new.html"]) for file in WRONG_FILES],
    ("report", "no run", []),
    ("report", "unknown flag", ["run", "--outt", "new.html"]),
    ("report", "second run is none", ["run", "noise", "--out", "new.html"]),
    ("report", "too many runs", [*["run"] * 17, "--out", "new.html"]),
    ("report", "output is a directory", ["run", "--out", "directory"]),
    ("report", "output in no directory", ["run", "--out", "absent/new.html"]),
    ("report", "output under a file", ["run", "--out", "noise/new.html"]),
    *[
        ("report", f"damaged {name}", [f"damaged-{name}", "--out", "new.html"])
        for name in ("config.toml", "metrics.csv", "summary.json")
    ],
    *[("gate", file, [file]) for file in WRONG_FILES],
    *[
        ("gate", " ".join(option), ["losses.csv", *option])
        for option in [
            ["--alpha", "nan"],
            ["--alpha", "inf"],
            ["--alpha", "low"],
            ["--beta", "nan"],
            ["--lambda", "nan"],
            ["--window", "0"],
            ["--window", "-1"],
            ["--max-silent", "-1"],
            ["--column", "loss"],
            ["--alfa", "1"],
        ]
    ],
    ("no such command", "mistyped", ["x"]),
]


class BadInputListTest(e2e_case.E2eCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        whole = (cls.scratch / "small.h5").read_bytes()
        images = (cls.scratch / "train-images").read_bytes()
        run = (cls.scratch / "small-run.toml").read_text()
        model = (cls.scratch / "small.toml").read_text()
        (cls.scratch / "directory").mkdir()
        table = "a,b,c\n" + "".join(f"{row % 2},{row},{row * row}\n" for row in range(40))
        for name, content in {
            "empty": b"",
            "noise": bytes(range(256)) * 3 + b"\x00",
            "cut.h5": whole[: len(whole) // 2],
            "cut-images": images[: len(images) // 2],
            "cut.gz": b"\x1f\x8b\x08\x00\x00",
            "batch": (b"\x03" + bytes(3072)) * 4,
            "table.csv": table.encode(),
            "nan.csv": table.replace("1,1,1\n", "1,nan,1\n").encode(),
            "inf.csv": table.replace("1,1,1\n", "1,inf,1\n").encode(),
            "ragged.csv": table.replace("1,1,1\n", "1,1\n").encode(),
            "losses.csv": b"2.3\n2.1\n1.9\n",
            "other.toml": model.replace("units = 12", "units = 13").encode(),
            "other-run.toml": run.replace("small.toml", "other.toml").encode(),
        }.items():
            (cls.scratch / name).write_bytes(content)
        for name in ("config.toml", "metrics.csv", "summary.json"):
            (cls.scratch / f"damaged-{name}").mkdir()
            (cls.scratch / f"damaged-{name}" / name).write_bytes(b"{ = ,\n1,2\n")
        often = ["--set", "checkpoint.every_seconds=0.001"]
        made = cls.run_hermes("train", "small-run.toml", "--out", "run", "--quiet", *often)
        if made.code != 0:
            raise RuntimeError(f"the run could not be made: {made}")

    def everything(self):
        """Path -> what would change when somebody wrote to it."""
        return {
            path.relative_to(self.scratch): (path.stat().st_mtime_ns, path.stat().st_size)
            for path in self.scratch.rglob("*")
        }

    def test_every_case_is_one_line_and_code_2(self):
        before = self.everything()
        for command, wrong, arguments in CASES:
            with self.subTest(command=command, wrong=wrong):
                words = [] if command == "no such command" else [command]
                try:
                    result = self.run_command([self.hermes, *words, *arguments], DEADLINE_S)
                except subprocess.TimeoutExpired:
                    self.fail("it hangs")
                finally:
                    after, before_this, before = self.everything(), before, self.everything()
                self.assertEqual(result.code, 2, result)
                self.assertRegex(result.stderr, r"\Ahermes: [^\n]+\n\Z", result)
                self.assertEqual(after, before_this, "something was written")

    def test_every_command_has_cases(self):
        said = self.run_hermes("--help").stdout
        commands = re.findall(r"^  (\w+) +\w", said, re.MULTILINE)
        self.assertIn("train", commands)
        self.assertEqual(set(commands) - {command for command, _, _ in CASES}, set())


if __name__ == "__main__":
    e2e_case.main()
