"""Runs that are interrupted or lose their server go on from a checkpoint. Waits for what has happened,
never for a time."""

import signal

import e2e_case
import faults_test

ROUNDS = 40
WORKERS = faults_test.WORKERS


class CheckpointTest(e2e_case.E2eCase):
    def words(self, out, *more):
        settings = [*faults_test.SETTINGS, "strategy.type=bsp", f"stop.max_rounds={ROUNDS}", *more]
        return ["train", "small-run.toml", "--out", out, *(word for one in settings for word in ("--set", one))]

    def model(self, out):
        return (self.scratch / out / "model.h5").read_bytes()

    def whole_run(self):
        self.assert_ended_well(self.launch(1 + WORKERS, *self.words("whole")))
        return self.model("whole")

    def checkpoints(self, out):
        return sorted((self.scratch / out / "checkpoints").glob("*.h5"))

    def resume(self, out):
        result = self.launch(1 + WORKERS, *self.words(out), "--resume")
        self.assert_ended_well(result)
        self.assertIn("training goes on from version", result.stdout)
        summary = self.summary(out)
        self.assertEqual((summary["rounds"], summary["pushes"]), (ROUNDS * WORKERS, ROUNDS * WORKERS))
        rows = [(row["rank"], row["round"]) for row in self.metrics(out) if row["event"] == "report"]
        self.assertEqual(len(rows), len(set(rows)), "a round is there twice")
        return self.model(out)

    def test_an_interrupted_run_ends_with_75_and_goes_on_bit_for_bit(self):
        whole = self.whole_run()
        for sent in (signal.SIGTERM, signal.SIGUSR1):
            with self.subTest(signal=sent.name):
                out = f"interrupted-{sent.name}"
                job = faults_test.Job(self, "bsp", out, [f"stop.max_rounds={ROUNDS}"])
                job.interrupt(sent)
                result = job.wait()
                self.assertEqual(result.code, 75, result)
                self.assertIn("--resume", result.stderr)
                self.assertEqual(len(self.checkpoints(out)), 1)
                self.assertEqual(self.resume(out), whole)

    def test_a_killed_server_costs_what_came_after_the_last_checkpoint(self):
        whole = self.whole_run()
        often = ["checkpoint.every_seconds=0.02", f"stop.max_rounds={ROUNDS}"]
        job = faults_test.Job(self, "bsp", "killed", often)
        job.wait_until(lambda: len(self.checkpoints("killed")) >= 2, "two checkpoints")
        job.send(0, signal.SIGKILL)
        result = job.wait()
        self.assertNotIn(result.code, (0, 75), result)
        self.assertEqual(self.resume("killed"), whole)

    def test_one_rank_alone_goes_on_too(self):
        self.assert_ended_well(self.run_hermes(*self.words("alone")))
        pieces = self.run_hermes(*self.words("pieces", "stop.max_rounds=7", "checkpoint.every_seconds=0.001"))
        self.assert_ended_well(pieces)
        self.assert_ended_well(self.run_hermes(*self.words("pieces"), "--resume"))
        self.assertEqual(self.model("pieces"), self.model("alone"))

    def test_another_configuration_is_refused_by_name(self):
        self.assert_ended_well(self.run_hermes(*self.words("first", "checkpoint.every_seconds=0.001")))
        before = self.model("first")
        again = self.run_hermes(*self.words("first", "train.minibatch=4"), "--resume")
        self.assertEqual(again.code, 2, again)
        self.assertEqual(len(again.stderr.splitlines()), 1, again)
        self.assertIn("key 'train.minibatch': expected 8, with which the run was begun, found 4", again.stderr)
        self.assertEqual(self.model("first"), before)

    def test_without_a_checkpoint_the_run_begins(self):
        result = self.run_hermes(*self.words("fresh", "stop.max_rounds=3"), "--resume")
        self.assert_ended_well(result)
        self.assertIn("training starts", result.stdout)


if __name__ == "__main__":
    e2e_case.main()
