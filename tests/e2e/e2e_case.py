"""What the end-to-end tests share: a scratch directory, a small data set and model, running the
program alone and under jobs/launch.sh. Python's standard library only.

Each test script is called as: NAME_test.py HERMES SOURCE_DIR [unittest arguments]
"""

import csv
import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import unittest

# How many times as long as usual a busy machine may take.
PATIENCE = int(os.environ.get("HERMES_PATIENCE", "1"))

CLASSES = 10
SIDE = 28

SMALL_MODEL = """\
name = "small"
input = [1, 28, 28]
[[layer]]
type = "flatten"
[[layer]]
type = "dense"
units = 12
[[layer]]
type = "relu"
[[layer]]
type = "dense"
units = 10
"""

SMALL_RUN = """\
name = "small-run"
seed = 7
[model]
file = "small.toml"
[data]
file = "small.h5"
validation = 100
evaluation_rows = 100
[train]
steps_per_round = 10
minibatch = 8
optimizer = { learning_rate = 0.01, momentum = 0.9 }
[strategy]
type = "hermes"
[allocation]
initial_rows = 120
[stop]
max_rounds = 12
max_seconds = 100
"""


def idx_bytes(magic, extents, body):
    return struct.pack(f">{1 + len(extents)}I", magic, *extents) + body


def labelled_images(count, seed):
    """Images of noise in which a bright bar's row tells the class, and their labels."""
    noise = random.Random(seed)
    darker = bytes(value // 3 for value in range(256))
    pixels = bytearray(noise.randbytes(count * SIDE * SIDE).translate(darker))
    labels = bytes(noise.randrange(CLASSES) for _ in range(count))
    for image, label in enumerate(labels):
        first = (image * SIDE + 2 * label + 3) * SIDE
        pixels[first + 4 : first + 24] = bytes([200]) * 20
    return bytes(pixels), labels


def write_idx(directory, prefix, count, seed):
    pixels, labels = labelled_images(count, seed)
    images_file = directory / f"{prefix}-images"
    labels_file = directory / f"{prefix}-labels"
    images_file.write_bytes(idx_bytes(0x803, (count, SIDE, SIDE), pixels))
    labels_file.write_bytes(idx_bytes(0x801, (count,), labels))
    return [f"--{prefix}-images", images_file, f"--{prefix}-labels", labels_file]


class EndedEarly(AssertionError):
    """A job that was to go on has ended."""


class Result:
    """A program that has ended."""

    def __init__(self, code, stdout, stderr, seconds):
        self.code = code
        self.stdout = stdout
        self.stderr = stderr
        self.seconds = seconds

    def __str__(self):
        return (
            f"exit code {self.code} after {self.seconds:.1f} s\n"
            f"--- stdout\n{self.stdout}--- stderr\n{self.stderr}---"
        )


class E2eCase(unittest.TestCase):
    """One scratch directory per class, with small.h5, small.toml and small-run.toml in it."""

    hermes = None
    source = None

    @classmethod
    def setUpClass(cls):
        cls.scratch = pathlib.Path(tempfile.mkdtemp(prefix="hermes-e2e-"))
        cls.addClassCleanup(shutil.rmtree, cls.scratch, ignore_errors=True)
        (cls.scratch / "tmp").mkdir()
        cls.environment = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("HERMES_", "OMPI_", "PMIX_", "PMI_", "SLURM_"))
        }
        cls.environment["TMPDIR"] = str(cls.scratch / "tmp")
        (cls.scratch / "small.toml").write_text(SMALL_MODEL)
        (cls.scratch / "small-run.toml").write_text(SMALL_RUN)
        cls.idx = write_idx(cls.scratch, "train", 700, 1) + write_idx(cls.scratch, "test", 200, 2)
        made = cls.run_hermes("convert", "idx", *cls.idx, "--out", cls.scratch / "small.h5")
        if made.code != 0:
            raise RuntimeError(f"the data set could not be made: {made}")

    # Running the program ------------------------------------------------------------------------

    @classmethod
    def run_command(cls, command, limit_s=120 * PATIENCE, environment=None):
        begin = time.monotonic()
        ended = subprocess.run(
            [str(word) for word in command],
            cwd=cls.scratch,
            env=environment or cls.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=limit_s,
            check=False,
        )
        return Result(ended.returncode, ended.stdout, ended.stderr, time.monotonic() - begin)

    @classmethod
    def run_hermes(cls, *arguments):
        return cls.run_command([cls.hermes, *arguments])

    @classmethod
    def launch_command(cls, ranks, arguments, program=None, options=()):
        launcher = cls.source / "jobs" / "launch.sh"
        limits = ["-t", str(100 * PATIENCE), *options]
        return [launcher, "-n", ranks, *limits, "--", program or cls.hermes, *arguments]

    @classmethod
    def launch(cls, ranks, *arguments, program=None):
        return cls.run_command(cls.launch_command(ranks, arguments, program))

    # Looking at what it left --------------------------------------------------------------------

    def summary(self, run_directory):
        return json.loads((self.scratch / run_directory / "summary.json").read_text())

    def metrics(self, run_directory):
        """The whole rows of metrics.csv so far; [] when there is no such file yet."""
        try:
            text = (self.scratch / run_directory / "metrics.csv").read_text()
        except FileNotFoundError:
            return []
        return list(csv.DictReader(text[: text.rfind("\n") + 1].splitlines()))

    def assert_ended_well(self, result):
        self.assertEqual(result.code, 0, result)
        self.assertEqual(result.stderr, "", result)

    def wait_until(self, condition, what, limit_s=60, process=None):
        """For what takes as long as the machine is busy; fails loudly instead of hanging."""
        limit_s *= PATIENCE
        deadline = time.monotonic() + limit_s
        while not condition():
            if process is not None and process.poll() is not None:
                raise EndedEarly(f"the job ended (code {process.returncode}) before: {what}")
            if time.monotonic() > deadline:
                self.fail(f"waited {limit_s} s in vain for: {what}")
            time.sleep(0.02)


def main():
    if len(sys.argv) < 3:
        sys.exit("expected arguments: HERMES SOURCE_DIR")
    E2eCase.hermes = pathlib.Path(sys.argv.pop(1)).resolve()
    E2eCase.source = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
