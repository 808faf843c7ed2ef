#!/usr/bin/env python3
"""Installs Hermes into a scratch prefix, builds the programs of this folder against it as a user
would, and runs them: consumer_test.py BUILD_DIR CMAKE [unittest arguments]"""

import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent


def call(*command, cwd):
    done = subprocess.run([str(word) for word in command], cwd=cwd, env=ENVIRONMENT, timeout=550,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


def must(*command, cwd):
    code, output = call(*command, cwd=cwd)
    if code != 0:
        raise AssertionError(f'{command}: exit code {code}\n{output}')
    return output


class ConsumerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix='hermes-consumer-')
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.root = pathlib.Path(cls.scratch.name)
        cls.prefix = cls.root / 'prefix'
        must(CMAKE, '--install', BUILD, '--prefix', cls.prefix, cwd=cls.root)
        must(CMAKE, '-S', HERE, '-B', cls.root / 'build', '-G', 'Ninja',
             f'-DCMAKE_PREFIX_PATH={cls.prefix}', cwd=cls.root)
        must(CMAKE, '--build', cls.root / 'build', cwd=cls.root)
        rows = random.Random(4)
        lines = ['a,b,c,label']
        for _ in range(1000):
            x = [rows.uniform(-1, 1) for _ in range(3)]
            lines.append(','.join(f'{value:.6f}' for value in x) + f',{int(x[0] > x[1])}')
        (cls.root / 'points.csv').write_text('\n'.join(lines) + '\n')
        must(cls.prefix / 'bin/hermes', 'convert', 'csv', 'points.csv', '--label', 'label', '--out',
             'points.h5', cwd=cls.root)

    def program(self, name, *arguments, ranks=3):
        launch = ['mpirun', '--oversubscribe', '--bind-to', 'none', '-np', ranks] if ranks else []
        return call(*launch, self.root / 'build' / name, *arguments, cwd=self.root)

    def summary(self, run):
        return json.loads((self.root / run / 'summary.json').read_text())

    def test_shortest_program_learns_and_has_less_than_30_lines(self):
        self.assertLess(len((HERE / 'shortest.cpp').read_text().splitlines()), 30)
        code, output = self.program('shortest', 'points.h5')
        self.assertEqual(code, 0, output)
        summary = self.summary('runs/shortest')
        self.assertEqual(summary['workers'], 2)
        self.assertGreater(summary['test_accuracy'], 0.9)

    def test_shortest_program_trains_alone(self):
        code, output = self.program('shortest', 'points.h5', ranks=0)
        self.assertEqual(code, 0, output)
        self.assertIn('sequential', output)

    def test_own_layer_is_trained_saved_and_read_again(self):
        code, output = self.program('own_layer', 'points.h5', 'layer')
        self.assertEqual(code, 0, output)
        self.assertIn("model.h5 holds the network's scale1.weight", output)
        self.assertGreater(self.summary('layer')['test_accuracy'], 0.9)

    def test_run_with_own_layer_goes_on_from_a_checkpoint(self):
        first, output = self.program('own_layer', 'points.h5', 'twice', 200)
        self.assertEqual(first, 0, output)
        self.assertTrue(list((self.root / 'twice/checkpoints').glob('*.h5')))
        second, output = self.program('own_layer', 'points.h5', 'twice', 300)
        self.assertEqual(second, 0, output)
        self.assertIn('goes on', (self.root / 'twice/hermes.log').read_text())
        self.assertGreaterEqual(self.summary('twice')['rounds'], 300)

    def test_hermes_says_that_it_does_not_know_the_layer(self):
        self.program('own_layer', 'points.h5', 'unknown')
        code, output = call(self.prefix / 'bin/hermes', 'evaluate', '--model', 'unknown', '--data',
                            'points.h5', cwd=self.root)
        self.assertEqual(code, 2, output)
        self.assertIn("found string 'scale'", output)

    def test_own_strategy_pushes_as_it_says(self):
        code, output = self.program('own_strategy', 'points.h5', 'strategy')
        self.assertEqual(code, 0, output)
        summary = self.summary('strategy')
        self.assertEqual(summary['strategy'], 'every-third')
        self.assertGreater(summary['pushes'], 0)
        self.assertIn(summary['rounds'] - 3 * summary['pushes'], range(5))  # two of each worker

    def test_bad_input_is_one_line_and_code_2(self):
        code, output = self.program('shortest', 'missing.h5')
        self.assertEqual(code, 2, output)
        self.assertEqual(output.count('hermes: '), 1, output)
        self.assertIn('missing.h5', output)


if __name__ == '__main__':
    BUILD, CMAKE = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
    ENVIRONMENT = {**os.environ, 'OMPI_ALLOW_RUN_AS_ROOT': '1',
                   'OMPI_ALLOW_RUN_AS_ROOT_CONFIRM': '1'}
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
