"""One simulated run: its command, its directory, and whether it is there already.

A finished run has `experiment.json` beside the program's own files: what was run and how long that took.
A run with the same command on the same platform is not made again.
"""

import dataclasses
import hashlib
import json
import pathlib
import shlex
import shutil
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SIMULATE = ROOT / "jobs/simulate.sh"
PROGRAM = ROOT / "build/smpi/src/cli/hermes"


@dataclasses.dataclass(frozen=True)
class Run:
    """`settings` are key to value, as --set takes them; `host` is the only host of a row that trains alone."""

    platform: pathlib.Path
    job: pathlib.Path
    settings: dict
    directory: pathlib.Path
    host: str | None = None

    def train_words(self):
        words = ["train", str(self.job)]
        for key, value in self.settings.items():
            words += ["--set", f"{key}={setting_text(value)}"]
        return [*words, "--out", str(self.directory), "--quiet"]

    def command(self):
        hosts = ["--host", self.host] if self.host else []
        return [str(SIMULATE), "--no-build", "--platform", str(self.platform), *hosts, "--", *self.train_words()]

    def identity(self):
        """What the result depends on, but for the program."""
        texts = [self.platform.read_text()]
        texts += [file.read_text() for file in sorted(self.platform.parent.glob("straggler.speed"))]
        texts += [self.job.read_text(), self.host or "", *self.train_words()[2:-3]]
        return hashlib.sha256("\0".join(texts).encode()).hexdigest()

    def note(self):
        """What experiment.json says of this very run, or nothing when it must be made."""
        try:
            note = json.loads((self.directory / "experiment.json").read_text())
        except (OSError, ValueError):
            return None
        return note if note["identity"] == self.identity() and note["exit_code"] == 0 else None


def setting_text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def program_hash():
    """Results of different programs are told apart by it."""
    try:
        return hashlib.sha256(PROGRAM.read_bytes()).hexdigest()[:8]
    except OSError:
        return "none"


def make(run, say=print):
    """Makes the run unless it is there; its note. The simulation's own output is in run.log."""
    note = run.note()
    if note:
        return note
    shutil.rmtree(run.directory, ignore_errors=True)
    run.directory.mkdir(parents=True)
    begin = time.monotonic()
    with open(run.directory / "run.log", "w") as log:
        log.write(shlex.join(run.command()) + "\n")
        log.flush()
        ended = subprocess.run(run.command(), cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False)
    note = {
        "identity": run.identity(),
        "program": program_hash(),
        "exit_code": ended.returncode,
        "real_seconds": round(time.monotonic() - begin, 1),
        "command": shlex.join(run.command()),
    }
    (run.directory / "experiment.json").write_text(json.dumps(note, indent=2) + "\n")
    what = "" if ended.returncode == 0 else f": exit code {ended.returncode}, see {run.directory / 'run.log'}"
    say(f"{run.directory}: {note['real_seconds']} s{what}", flush=True)
    return note
