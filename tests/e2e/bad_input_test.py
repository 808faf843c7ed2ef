"""Wrong input: exit code 2 and one line that says what, where, expected and found; nothing begun is
left behind; under the launcher one rank alone says so, and the job ends by itself within seconds."""

import shutil
import struct

import e2e_case

# Loaded machines included; far below what it takes when somebody waits for a time-out.
SECONDS_AT_MOST = 14.0

WITHOUT_LABEL_9 = """\
name = "narrow"
input = [1, 28, 28]
[[layer]]
type = "flatten"
[[layer]]
type = "dense"
units = 5
"""


def swapped(text, old, new):
    assert old in text, old
    return text.replace(old, new)


class BadInputTest(e2e_case.E2eCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        files = {
            "unknown-key.toml": swapped(e2e_case.SMALL_RUN, "max_rounds", "max_round"),
            "wrong-type.toml": swapped(e2e_case.SMALL_RUN, "seed = 7", 'seed = "seven"'),
            "no-toml.toml": "name = \n",
            "narrow.toml": WITHOUT_LABEL_9,
            "other-shape.toml": swapped(e2e_case.SMALL_MODEL, "[1, 28, 28]", "[3, 32, 32]"),
            "misfit-layer.toml": e2e_case.SMALL_MODEL
            + '[[layer]]\ntype = "conv2d"\nfilters = 2\nkernel = 3\n',
            "table.csv": "a,b,label\n" + "0.25,0.5,0\n0.75,1.5,1\n" * 30,
            "text.csv": "a,b,label\n1,2,0\n1,many,1\n",
            "nan.csv": "a,b,label\n1,2,0\n1,nan,1\n",
            "flat.toml": 'name = "flat"\ninput = [2]\n[[layer]]\ntype = "dense"\nunits = 2\n',
            "in-the-way": "a file where a directory should be\n",
        }
        for name, text in files.items():
            (cls.scratch / name).write_text(text)
        whole = (cls.scratch / "small.h5").read_bytes()
        (cls.scratch / "cut.h5").write_bytes(whole[: len(whole) // 2])
        (cls.scratch / "no.h5").write_bytes(b"This is no HDF5 file." * 100)
        made = cls.run_hermes("convert", "csv", "table.csv", "--label", "label", "--out", "table.h5")
        table = (cls.scratch / "table.h5").read_bytes()
        number, no_number = struct.pack("<f", 0.25), struct.pack("<f", float("nan"))
        if made.code != 0 or number not in table:
            raise RuntimeError(f"no table to damage: {made}")
        (cls.scratch / "nan.h5").write_bytes(table.replace(number, no_number))
        cls.files = sorted(cls.scratch.rglob("*"))

    def check(self, result, *words):
        """`words` in this order in the one line."""
        self.assertEqual(result.code, 2, result)
        self.assertRegex(result.stderr, r"\Ahermes: [^\n]+\n\Z", result)
        self.assertRegex(result.stderr, ".*".join(words), result)
        self.assertNotRegex(result.stdout, "(?i)error|hermes:", result)
        self.assertLess(result.seconds, SECONDS_AT_MOST, result)

    def check_nothing_new(self):
        self.assertEqual(sorted(self.scratch.rglob("*")), self.files)

    def check_train(self, arguments, *words, on_ranks=(1, 3)):
        for ranks in on_ranks:
            with self.subTest(ranks=ranks, arguments=arguments):
                command = ["train", *arguments]
                result = self.run_hermes(*command) if ranks == 1 else self.launch(ranks, *command)
                self.check(result, *words)
                if ranks > 1:
                    self.assertEqual(result.stdout, "")
                self.check_nothing_new()

    def check_train_and_plan(self, arguments, *words, on_ranks=(1, 3)):
        """What concerns configuration and files alone, `hermes plan` says in the same words."""
        self.check_train(arguments, *words, on_ranks=on_ranks)
        without_out = arguments[: arguments.index("--out")] if "--out" in arguments else arguments
        self.check_command(["plan", *without_out, "--ranks", 3], *words)

    def with_setting(self, setting):
        return ["small-run.toml", "--set", setting, "--out", "out"]

    # Configuration ------------------------------------------------------------------------------

    def test_missing_configuration(self):
        self.check_train_and_plan(["none.toml"], "none.toml", "expected", "found none")

    def test_unknown_key_names_the_nearest(self):
        words = [r"unknown-key.toml:\d+", "'stop.max_round'", "'stop.max_rounds'"]
        self.check_train_and_plan(["unknown-key.toml"], *words)

    def test_wrong_type(self):
        self.check_train_and_plan(["wrong-type.toml"], "wrong-type.toml:2", "'seed'", "expected an integer", "seven")

    def test_no_toml(self):
        self.check_train_and_plan(["no-toml.toml"], "no-toml.toml:1", on_ranks=[1])

    def test_bad_overrides(self):
        for setting, *words in [
            ("seed", "--set", "key=value", "'seed'"),
            ("stop.max_round=3", "--set stop.max_round", "stop.max_rounds"),
            ("seed=many", "--set seed", "expected an integer", "many"),
            ("train.minibatch=0", "--set train.minibatch", "expected", "found.* 0"),
            ("strategy.type=herms", "--set strategy.type", "hermes", "herms"),
        ]:
            self.check_train_and_plan(self.with_setting(setting), *words, on_ranks=[1])
        self.check_train_and_plan(self.with_setting("seed=many"), "--set seed", "many", on_ranks=[3])

    def test_fewer_workers_than_wanted(self):
        for ranks in (1, 3):
            arguments = self.with_setting(f"cluster.min_workers={ranks + 1}")
            words = ["cluster.min_workers", f"at least {ranks + 1}", f"found {ranks - 1}"]
            self.check_train(arguments, *words, on_ranks=[ranks])

    # Model and data -----------------------------------------------------------------------------

    def test_missing_model(self):
        self.check_train_and_plan(self.with_setting("model.file=none.toml"), "none.toml", "expected", "found")

    def test_layers_that_do_not_fit_each_other(self):
        arguments = self.with_setting("model.file=misfit-layer.toml")
        self.check_train_and_plan(arguments, "layer 5", "conv2d", on_ranks=[1])

    def test_model_that_does_not_fit_the_data(self):
        arguments = self.with_setting("model.file=other-shape.toml")
        self.check_train_and_plan(arguments, "3 ?x ?32 ?x ?32", "small.h5", "1 ?x ?28 ?x ?28")

    def test_labels_beyond_the_outputs(self):
        words = ["small.h5", r"expected a label in \[0, 5\)", "found [5-9]"]
        self.check_train(self.with_setting("model.file=narrow.toml"), *words)

    def test_truncated_hdf5(self):
        self.check_train_and_plan(self.with_setting("data.file=cut.h5"), "cut.h5", "expected", "found")

    def test_no_hdf5(self):
        self.check_train_and_plan(self.with_setting("data.file=no.h5"), "no.h5", "expected an HDF5 file", "found")

    def test_missing_data(self):
        self.check_train_and_plan(self.with_setting("data.file=none.h5"), "none.h5")

    def test_nan_in_the_data(self):
        arguments = self.with_setting("data.file=nan.h5")
        settings = ["--set", "model.file=flat.toml", "--set", "data.validation=5"]
        words = ["nan.h5", "/?(train|test)/x", "expected", "finite", "found", "nan"]
        self.check_train(arguments + settings, *words)

    # Output -------------------------------------------------------------------------------------

    def test_output_directory_that_cannot_be(self):
        for out in ("in-the-way", "in-the-way/below"):
            self.check_train(["small-run.toml", "--out", out], out, "expected a directory", "found")

    def test_output_files_that_cannot_be_written(self):
        for name in ("metrics.csv", "config.toml"):
            blocked = self.scratch / f"blocked-{name}"
            (blocked / name).mkdir(parents=True)
            self.addCleanup(shutil.rmtree, blocked)
            result = self.launch(3, "train", "small-run.toml", "--out", blocked)
            self.check(result, f"blocked-{name}")
            self.assertFalse((blocked / "summary.json").exists())

    # One worker alone ---------------------------------------------------------------------------

    def launch_with_other_rank_2(self, *arguments):
        wrapper = self.scratch / "other-rank-2.sh"
        wrapper.write_text(
            "#!/bin/sh\n"
            f'[ "$OMPI_COMM_WORLD_RANK" != 2 ] || set -- "$@" {" ".join(arguments)}\n'
            f'exec {self.hermes} "$@"\n'
        )
        wrapper.chmod(0o755)
        self.addCleanup(wrapper.unlink)
        self.addCleanup(shutil.rmtree, self.scratch / "other", ignore_errors=True)
        return self.launch(4, "train", "small-run.toml", "--out", "other", program=wrapper)

    def test_the_server_speaks_for_a_worker_with_wrong_input(self):
        result = self.launch_with_other_rank_2("--set", "data.file=gone.h5")
        self.check(result, "hermes: worker 2: gone.h5")
        summary = self.summary("other")
        self.assertEqual(summary["stop_reason"], "bad_input")
        self.assertFalse((self.scratch / "other" / "model.h5").exists())

    def test_a_worker_with_another_configuration_is_refused_and_the_others_go_on(self):
        result = self.launch_with_other_rank_2("--set", "train.minibatch=4")
        self.assert_ended_well(result)
        self.assertRegex(result.stdout, r"worker 2 refused: differs from the server in: table \[train\]\n")
        states = {worker["rank"]: worker["state"] for worker in self.summary("other")["worker_table"]}
        self.assertEqual(states[2], "refused")

    # Other commands -----------------------------------------------------------------------------

    def check_command(self, arguments, *words):
        with self.subTest(arguments=arguments):
            result = self.run_hermes(*arguments)
            self.check(result, *words)
            self.assertEqual(result.stdout, "", result)
            self.check_nothing_new()

    def test_command_line(self):
        self.check_command([], "expected train,", "found nothing")
        self.check_command(["tarin"], "expected train,", "found 'tarin'")
        self.check_command(["convert"], "convert: expected idx,", "found nothing")
        self.check_command(["convert", "xml"], "convert: expected idx,", "found 'xml'")
        self.check_command(["--nonsense"], "nonsense")
        self.check_command(["train"], "config is required")
        self.check_command(["train", "--nonsense", "small-run.toml"], "--nonsense")
        self.check_command(["inspect"], "path is required")
        self.check_command(["evaluate", "--model", "m.h5"], "--data is required")
        self.check_command(["evaluate", "--model", "m", "--data", "d", "--split", "all"], "--split", "all")
        self.check_command(["convert", "idx", "--out", "new.h5"], "--train-images is required")
        for limit in ("0", "-1", "some"):
            arguments = ["convert", "csv", "table.csv", "--label", "label", "--out", "new.h5"]
            self.check_command([*arguments, "--limit", limit], "--limit", "expected an integer >= 1", limit)
            self.check_command([*arguments, f"--seed=-{limit}"], "--seed", "expected an integer >= 0", limit)
        result = self.launch(3, "train", "--nonsense")
        self.check(result, "required|nonsense")

    def test_inspect_what_is_not_there_or_no_run(self):
        self.check_command(["inspect", "none"], "none", "expected", "found")
        self.check_command(["inspect", "no.h5"], "no.h5", "expected an HDF5 file")
        self.check_command(["inspect", "cut.h5"], "cut.h5", "expected", "found")
        self.check_command(["inspect", "tmp"], "summary.json", "expected", "found")

    def test_evaluate_what_is_no_model(self):
        for model in ("none", "no.h5", "cut.h5", "small.h5", "table.h5", "small.toml", "tmp"):
            self.check_command(["evaluate", "--model", model, "--data", "small.h5"], model)

    def test_plan_of_what_cannot_be(self):
        self.check_command(["plan"], "config is required")
        self.check_command(["plan", "small-run.toml", "--ranks", "0"], "--ranks", "0")
        self.check_command(["plan", "small-run.toml", "--ranks", "3", "--memory", "lots"], "memory", "lots")
        self.check_command(["plan", "small-run.toml", "--ranks", "3", "--memory", "1KiB"], "1.?0? KiB|1024|1KiB")

    def test_gate_over_what_are_no_losses(self):
        self.check_command(["gate"], "losses is required")
        self.check_command(["gate", "none.csv"], "none.csv")
        self.check_command(["gate", "text.csv", "--column", "b"], "text.csv", "many")
        self.check_command(["gate", "table.csv", "--column", "c"], "table.csv", "c")
        self.check_command(["gate", "no.h5"], "no.h5")
        self.check_command(["gate", "tmp"], "tmp")
        self.check_command(["gate", "table.csv", "--column", "a", "--window", "1"], "--window", "1")

    def test_resume_where_there_is_nothing_sound(self):
        """A directory of damaged checkpoints: told by name, and nothing is trained over it."""
        checkpoints = self.scratch / "tmp" / "damaged" / "checkpoints"
        checkpoints.mkdir(parents=True)
        self.addCleanup(shutil.rmtree, checkpoints.parent)
        shutil.copy(self.scratch / "cut.h5", checkpoints / "checkpoint-000001.h5")
        before = sorted(checkpoints.parent.rglob("*"))
        result = self.run_hermes("train", "small-run.toml", "--out", checkpoints.parent, "--resume")
        self.assertEqual(result.code, 2, result)
        warning, error = result.stderr.splitlines()
        self.assertRegex(warning, r"^hermes: .*checkpoint-000001\.h5")
        self.assertRegex(error, "^hermes: .*checkpoints: expected a checkpoint that can be read, found 1 that cannot")
        self.assertEqual(sorted(checkpoints.parent.rglob("*")), before)

    # Conversion ---------------------------------------------------------------------------------

    def damaged_idx(self, option, change):
        """The arguments of a whole conversion in which `option` names a changed copy of its file."""
        arguments = [str(word) for word in self.idx]
        position = arguments.index(option) + 1
        with open(arguments[position], "rb") as file:
            changed = change(file.read())
        arguments[position] = str(self.scratch / "damaged")
        (self.scratch / "damaged").write_bytes(changed)
        return ["convert", "idx", *arguments, "--out", "new.h5"]

    def test_damaged_idx(self):
        cases = [
            ("--train-images", lambda b: b"\0\0\x0b\x03" + b[4:], ["magic", "0x00000803", "0x00000b03"]),
            ("--train-images", lambda b: b[:-1], ["expected", "found"]),
            ("--train-images", lambda b: b[:7], ["expected", "found"]),
            ("--train-images", lambda b: b + b"\0", ["expected", "found"]),
            ("--test-labels", lambda b: b"\0\0\x08\x03" + b[4:], ["magic", "0x00000801", "0x00000803"]),
            ("--test-labels", lambda b: b[:-1], ["expected", "found"]),
            ("--test-labels", lambda b: b"", ["expected", "found"]),
            ("--train-labels", lambda b: b[:4] + struct.pack(">I", 9) + b[8:17], ["expected 700", "found 9"]),
        ]
        for number, (option, change, words) in enumerate(cases):
            with self.subTest(case=number):
                result = self.run_hermes(*self.damaged_idx(option, change))
                (self.scratch / "damaged").unlink()
                self.check(result, "damaged", *words)
                self.check_nothing_new()

    def test_other_bad_sources(self):
        csv = ["convert", "csv", "--label", "label", "--out", "new.h5"]
        self.check_command([*csv, "none.csv"], "none.csv")
        self.check_command([*csv, "text.csv"], "text.csv", "line 3", "expected a number", "many")
        self.check_command([*csv, "nan.csv"], "nan.csv", "line 3", "finite", "nan")
        self.check_command([*csv, "table.csv", "--label", "c"], "label", "c")
        self.check_command([*csv, "table.csv", "--test-fraction", "1.5"], "fraction", "1.5")
        cifar10 = ["convert", "cifar10", "--train", "no.h5", "--test", "no.h5", "--out", "new.h5"]
        self.check_command(cifar10, "no.h5", "expected a", "found")
        in_the_way = ["convert", "csv", "table.csv", "--label", "label", "--out", "in-the-way/new.h5"]
        self.check_command(in_the_way, "in-the-way")


if __name__ == "__main__":
    e2e_case.main()
