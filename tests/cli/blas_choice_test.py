"""Kernels and threads of OpenBLAS: who chooses them, the restart for better ones, the log."""

import os
import pathlib
import re
import sys

import e2e_case

SETTINGS = ("OPENBLAS_", "GOTO_", "OMP_")


class BlasChoiceTest(e2e_case.E2eCase):
    older_kernels = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name in [name for name in cls.environment if name.startswith(SETTINGS)]:
            del cls.environment[name]
        cls.plain = dict(cls.environment)
        # The library in front of OpenBLAS says "Prescott" whatever OpenBLAS has taken.
        cls.unknown = {"LD_PRELOAD": str(cls.older_kernels), "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0"}

    def setUp(self):
        self.set_environment({})

    def set_environment(self, more):
        type(self).environment = {**self.plain, **more}

    def kernels(self, **environment):
        """(family, who chose it, threads) as --version says."""
        self.set_environment(environment)
        result = self.run_hermes("--version")
        self.assert_ended_well(result)
        line = result.stdout.splitlines()[1]
        found = re.fullmatch(r"OpenBLAS kernels: (\w+) \((.*)\), (\d+) threads?; vector kernels: (\S+)", line)
        self.assertIsNotNone(found, line)
        self.vectors = found[4]
        return found[1], found[2], int(found[3])

    def test_without_settings_all_cores_that_it_may_run_on_are_its_own(self):
        _, _, threads = self.kernels()
        self.assertEqual(threads, len(os.sched_getaffinity(0)))

    def test_settings_of_the_user_win_and_are_named(self):
        family, chooser, threads = self.kernels(OPENBLAS_CORETYPE="Prescott", OPENBLAS_NUM_THREADS="1")
        self.assertEqual((chooser, threads), ("the user's OPENBLAS_CORETYPE=Prescott", 1))
        if self.vectors in ("AVX-512", "AVX2"):
            self.assertEqual(family, "Prescott")
            self.assertEqual(self.kernels(OPENBLAS_CORETYPE="Haswell")[0], "Haswell")
        self.assertEqual(self.kernels(**self.unknown, OPENBLAS_CORETYPE="Haswell")[1],
                         "the user's OPENBLAS_CORETYPE=Haswell")  # fmt: skip

    def test_older_kernels_than_the_processor_can_run_are_replaced_once(self):
        self.kernels()
        if self.vectors not in ("AVX-512", "AVX2"):
            self.skipTest(f"no kernels to choose from with {self.vectors}")
        self.assertEqual(self.kernels(**self.unknown)[:2], ("Prescott", "chosen by Hermes"))
        # What a parent chose is no choice of the user where it is not in force any more.
        kept = self.kernels(**self.unknown, HERMES_BLAS_CORETYPE="Haswell")
        self.assertEqual(kept[:2], ("Prescott", "chosen by OpenBLAS"))

    def log(self, directory):
        return (self.scratch / directory / "hermes.log").read_text()

    def test_the_log_names_kernels_and_threads(self):
        cores = len(os.sched_getaffinity(0))
        for settings, words, threads in [
            ({}, [], cores),
            ({"OPENBLAS_NUM_THREADS": "1"}, [], 1),
            ({"OPENBLAS_NUM_THREADS": "1"}, ["--set", "cluster.threads=3"], 3),
        ]:
            with self.subTest(settings=settings, words=words):
                self.set_environment(settings)
                run = ["train", "small-run.toml", "--quiet", "--out", "alone", *words]
                self.assert_ended_well(self.run_hermes(*run))
                self.assertRegex(self.log("alone"), rf"rank 0: OpenBLAS kernels: \w+ \(.*\), {threads} threads?; vector")

    def test_ranks_restart_before_mpi_starts_and_share_the_cores(self):
        self.set_environment(self.unknown)
        result = self.launch(3, "train", "small-run.toml", "--quiet", "--out", "three")
        self.assertEqual(result.code, 0, result)
        part = max(1, len(os.sched_getaffinity(0)) // 3)
        self.assertRegex(self.log("three"), rf"OpenBLAS kernels: Prescott \(chosen by \w+\), {part} thread")


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit("expected arguments: HERMES SOURCE_DIR OLDER_KERNELS")
    BlasChoiceTest.older_kernels = pathlib.Path(sys.argv.pop(3)).resolve()
    e2e_case.main()
