"""hermes doctor, alone and as a job: every subject is told; what is wrong is told apart."""

import e2e_case

SUBJECTS = ["MPI library", "launcher", "MPI threads", "transport", "cores", "OpenBLAS", "HDF5 library", "memory",
            "/dev/shm", "Slurm", "shared files"]  # fmt: skip


class DoctorTest(e2e_case.E2eCase):
    def findings(self, text):
        """Subject -> (severity, the rest of its lines)."""
        found = {}
        for line in text.splitlines():
            if line.startswith(" "):
                subject = list(found)[-1]
                found[subject] = (found[subject][0], found[subject][1] + line)
            else:
                found[line[7:21].strip()] = (line[:7].strip(), line[21:])
        return found

    def test_alone_every_subject_is_told(self):
        result = self.run_hermes("doctor")
        findings = self.findings(result.stdout)
        self.assertEqual(list(findings), SUBJECTS, result)
        is_wrong = any(severity == "wrong" for severity, _ in findings.values())
        self.assertEqual(result.code, 3 if is_wrong else 0, result)
        self.assertIn("1 rank", findings["launcher"][1])
        self.assertIn(str(self.scratch), findings["shared files"][1])

    def test_older_kernels_by_the_users_wish_are_named(self):
        before = self.findings(self.run_hermes("doctor").stdout)["OpenBLAS"]
        type(self).environment = {**self.environment, "OPENBLAS_CORETYPE": "Prescott"}
        self.addCleanup(self.environment.pop, "OPENBLAS_CORETYPE")
        severity, text = self.findings(self.run_hermes("doctor").stdout)["OpenBLAS"]
        if "AVX" in before[1]:
            self.assertEqual(severity, "slow", text)
            self.assertIn("unset OPENBLAS_CORETYPE", text)
        self.assertIn("Prescott", text)

    def test_a_job_is_examined_as_one(self):
        result = self.launch(3, "doctor")
        findings = self.findings(result.stdout)
        self.assertEqual(list(findings), SUBJECTS, result)
        self.assertIn("3 ranks", findings["launcher"][1])
        self.assertIn("is one and the same", findings["shared files"][1])

    def test_a_network_that_is_not_there_is_named(self):
        type(self).environment = {**self.environment, "OMPI_MCA_btl_tcp_if_include": "127.0.0.0/8,lo,nosuch0"}
        self.addCleanup(self.environment.pop, "OMPI_MCA_btl_tcp_if_include")
        result = self.run_hermes("doctor")
        severity, text = self.findings(result.stdout)["transport"]
        self.assertEqual((result.code, severity), (3, "wrong"), result)
        self.assertIn("do: take nosuch0 out", text)

    def test_a_directory_that_is_none_is_one_line(self):
        result = self.run_hermes("doctor", "--directory", "nowhere")
        self.assertEqual(result.code, 2, result)
        self.assertRegex(result.stderr, r"^hermes: .*nowhere: expected a directory that rank 0 can write to\n$")

    def test_tasks_that_do_not_know_of_each_other_do_not_all_train_alone(self):
        before = sorted(self.scratch.iterdir())
        type(self).environment = {**self.environment, "SLURM_STEP_NUM_TASKS": "4", "SLURM_PROCID": "0"}
        self.addCleanup(lambda: [self.environment.pop(name) for name in ("SLURM_STEP_NUM_TASKS", "SLURM_PROCID")])
        for words in (["train", "small-run.toml"], ["doctor"]):
            result = self.run_hermes(*words)
            self.assertEqual(result.code, 2, result)
            self.assertEqual(result.stderr, "hermes: srun: expected --mpi=pmix (or mpirun instead of srun), found 4 "
                                            "processes that MPI cannot connect\n")  # fmt: skip
        self.environment["SLURM_PROCID"] = "1"
        self.assertEqual(self.run_hermes("doctor").stderr, "")
        self.assertEqual(sorted(self.scratch.iterdir()), before)


if __name__ == "__main__":
    e2e_case.main()
