"""Links that are cut and come back, and slow links, between hosts in network namespaces. Called by
tests/netns.sh, on the first host: netns.py HERMES SOURCE_DIR HOSTS_FILE NAMESPACE_PREFIX"""

import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import e2e_case  # noqa: E402  the directory beside this one

RANKS = 4
VICTIM = 2

WIDE_MODEL = e2e_case.SMALL_MODEL.replace("units = 12", "units = 256")  # 0.8 MB of parameters
LINK_BYTES_PER_SECOND = 20e6 / 8

# TCP tries again after 0.2, 0.4, 0.8, ... s: after a cut of 20 s only when 25.4 s are over.
LIVENESS = [
    "liveness.heartbeat_seconds=0.1",
    "liveness.worker_timeout_seconds=1",
    "liveness.server_timeout_seconds=60",
]
SETTINGS = [
    "train.steps_per_round=100",
    "stop.max_rounds=1000000",
    "stop.patience=0",
]


class NetnsTest(e2e_case.E2eCase):
    hosts = None
    prefix = None

    def setUp(self):
        for key, value in os.environ.items():
            if key.startswith("OMPI_MCA_"):
                self.environment[key] = value

    def on_switch(self, *command):
        subprocess.run(["ip", "netns", "exec", f"{self.prefix}switch", *command], check=True)

    def cut(self, seconds):
        self.on_switch("ip", "link", "set", f"port{VICTIM}", "down")
        time.sleep(seconds)
        self.on_switch("ip", "link", "set", f"port{VICTIM}", "up")

    def slow_down(self, rate):
        """Both directions of every link."""
        for host in range(RANKS):
            shape = ["root", "tbf", "rate", rate, "burst", "32kb", "latency", "200ms"]
            self.on_switch("tc", "qdisc", "add", "dev", f"port{host}", *shape)
            subprocess.run(["ip", "netns", "exec", f"{self.prefix}{host}",
                            "tc", "qdisc", "add", "dev", "eth0", *shape], check=True)

    def bring_back_full_speed(self):
        for host in range(RANKS):
            self.on_switch("tc", "qdisc", "del", "dev", f"port{host}", "root")
            subprocess.run(["ip", "netns", "exec", f"{self.prefix}{host}",
                            "tc", "qdisc", "del", "dev", "eth0", "root"], check=True)

    def train(self, out, seconds, strategy, settings):
        """Starts a run of so many seconds; returns when every worker has trained."""
        arguments = ["train", "small-run.toml", "--out", out, "--set", f"strategy.type={strategy}"]
        for setting in [*SETTINGS, *settings, f"stop.max_seconds={seconds}"]:
            arguments += ["--set", setting]
        command = self.launch_command(RANKS, arguments, options=["-t", "200", "-H", self.hosts])
        process = subprocess.Popen(
            [str(word) for word in command], cwd=self.scratch, env=self.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        self.addCleanup(process.kill)
        self.wait_until(lambda: min(self.rounds(out)) >= 3, "every worker has trained", 60, process)
        return process

    def rounds(self, out):
        counts = [0] * (RANKS - 1)
        for row in self.metrics(out):
            if row["event"] == "report":
                counts[int(row["rank"]) - 1] += 1
        return counts

    def lines(self, out, text):
        return (self.scratch / out / "hermes.log").read_text().count(text)

    def expect_good_end(self, process, out):
        stdout, stderr = process.communicate(timeout=200)
        result = e2e_case.Result(process.returncode, stdout, stderr, 0)
        self.assertEqual(result.code, 0, f"{result}\n{(self.scratch / out / 'hermes.log').read_text()}")
        summary = self.summary(out)
        self.assertEqual(summary["stop_reason"], "max_seconds", result)
        self.assertGreater(summary["test_accuracy"], 0.9)
        return summary

    def test_a_worker_is_back_after_its_link_was_cut(self):
        for strategy in ("hermes", "bsp"):
            with self.subTest(strategy=strategy):
                out = f"cut-{strategy}"
                process = self.train(out, 60, strategy, LIVENESS)
                for time_cut, seconds in enumerate((2, 20), start=1):
                    begin = time.monotonic()
                    self.cut(seconds)
                    self.wait_until(lambda n=time_cut: self.lines(out, f"worker {VICTIM} is back") == n,
                                    "the worker is back", 60, process)
                    print(f"{strategy}: link cut {seconds} s, worker back {time.monotonic() - begin:.1f} s"
                          " after the cut")
                    before = self.rounds(out)[VICTIM - 1]
                    self.wait_until(lambda b=before: self.rounds(out)[VICTIM - 1] >= b + 3,
                                    "the worker trains on", 60, process)
                summary = self.expect_good_end(process, out)
                self.assertEqual((summary["workers_lost"], summary["workers_returned"]), (1, 1))
                states = [worker["state"] for worker in summary["worker_table"]]
                self.assertNotIn("lost", states)

    def test_links_of_20_mbit(self):
        (self.scratch / "wide.toml").write_text(WIDE_MODEL)
        self.slow_down("20mbit")
        self.addCleanup(self.bring_back_full_speed)
        for strategy in ("hermes", "bsp"):
            with self.subTest(strategy=strategy):
                out = f"slow-{strategy}"
                process = self.train(out, 25, strategy, ["model.file=wide.toml"])
                summary = self.expect_good_end(process, out)
                self.assertEqual(summary["workers_lost"], 0)
                share = summary["bytes_up"] / summary["seconds"] / LINK_BYTES_PER_SECOND
                print(f"{strategy}: {summary['rounds']} rounds, the server's link {share:.0%} full")
                self.assertLess(share, 1.05)


if __name__ == "__main__":
    if len(sys.argv) < 5:
        sys.exit("expected arguments: HERMES SOURCE_DIR HOSTS_FILE NAMESPACE_PREFIX (see tests/netns.sh)")
    NetnsTest.prefix = sys.argv.pop(4)
    NetnsTest.hosts = sys.argv.pop(3)
    e2e_case.main()
