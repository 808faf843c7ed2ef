#!/usr/bin/env python3
"""Every rule of tidy.py on a tiny made-up tree: it must find the offence and spare its neighbours."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

import cpp_text
import tidy


def findings(tree):
    """The findings in a tree given as {path: text}, as strings 'path:line: rule'."""
    with tempfile.TemporaryDirectory() as folder:
        for path, text in tree.items():
            file = pathlib.Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding='utf-8')
        return [f'{f.path}:{f.line}: {f.rule}' for f in tidy.check_tree(folder)]


def header(module, text):
    """What tidy finds in a header of one module: the rules alone."""
    path = f'include/hermes/{module}/x.hpp'
    return [finding.rpartition(' ')[2] for finding in findings({path: text})]


class IncludeTest(unittest.TestCase):
    def test_module_table(self):
        for module, allowed in tidy.MODULES.items():
            for target in tidy.MODULES:
                found = header(module, f'#include "hermes/{target}/y.hpp"\n')
                expected = [] if target in allowed | {module} else ['include']
                self.assertEqual(found, expected, f'{module} includes {target}')

    def test_spellings_of_an_upward_include(self):
        for spelling in ('<hermes/runtime/y.hpp>', '"runtime/y.hpp"', '"../runtime/y.hpp"'):
            self.assertEqual(header('core', f'#  include {spelling}\n'), ['include'], spelling)

    def test_umbrella_header_may_include_all(self):
        self.assertEqual(findings({'include/hermes/hermes.hpp': '#include "hermes/cli/y.hpp"\n'}), [])

    def test_third_party_headers(self):
        cmake = 'a.cpp x.cpp mpi/x.cpp'
        places = [('mpi.h', 'transport/mpi/x.cpp', 'transport/x.cpp'),
                  ('hdf5.h', 'data/x.cpp', 'runtime/x.cpp'),
                  ('H5Dpublic.h', 'data/x.cpp', 'nn/x.cpp'),
                  ('Eigen/Core', 'nn/x.cpp', 'data/x.cpp'),
                  ('cblas.h', 'nn/x.cpp', 'core/x.cpp'),
                  ('boost/archive/x.hpp', 'wire/x.cpp', 'protocol/x.cpp'),
                  ('toml++/toml.h', 'runtime/x.cpp', 'nn/x.cpp'),
                  ('CLI/CLI.hpp', 'cli/x.cpp', 'data/x.cpp'),
                  ('spdlog/spdlog.h', 'telemetry/x.cpp', 'protocol/x.cpp'),
                  ('nlohmann/json.hpp', 'telemetry/x.cpp', 'core/x.cpp')]
        for spelling, right, wrong in places:
            for place, expected in ((right, []), (wrong, [f'src/{wrong}:2: include'])):
                folder = place.split('/')[0]
                tree = {f'src/{place}': f'\n#include <{spelling}>\n',
                        f'src/{folder}/CMakeLists.txt': cmake}
                self.assertEqual(findings(tree), expected, f'{spelling} in {place}')

    def test_hdf5_stays_out_of_public_headers_and_gtest_out_of_the_product(self):
        self.assertEqual(header('data', '#include <hdf5.h>\n'), ['include'])
        self.assertEqual(header('core', '#include <gtest/gtest.h>\n'), ['include'])

    def test_tests_may_include_everything(self):
        tree = {'tests/core/a_test.cpp': '#include <mpi.h>\n#include "hermes/cli/y.hpp"\n',
                'tests/core/CMakeLists.txt': 'a_test.cpp', 'tests/CMakeLists.txt': 'core'}
        self.assertEqual(findings(tree), [])


class WordTest(unittest.TestCase):
    def test_mpi_only_in_its_transport(self):
        self.assertEqual(header('runtime', 'int rank = MPI_Comm_rank();\n'), ['mpi'])
        self.assertEqual(header('runtime', '// MPI_Comm_rank is called elsewhere\n'), [])
        self.assertEqual(findings({'include/hermes/transport/mpi.hpp': 'MPI_Comm world;\n'}), [])

    def test_clocks(self):
        for code in ('std::chrono::steady_clock::now()', 'std::chrono::system_clock x',
                     'high_resolution_clock y', 'time(nullptr)', 'std::time( NULL )', 'time(&t)',
                     'gettimeofday(&a, b)', 'clock_gettime(0, &t)', 'std::clock()'):
            self.assertEqual(header('runtime', f'auto t = {code};\n'), ['clock'], code)
        for code in ('network.time()', 'run_time(0)', 'Instant time(int x)', 'std::chrono::seconds s'):
            self.assertEqual(header('runtime', f'{code};\n'), [], code)

    def test_getenv(self):
        self.assertEqual(header('runtime', 'auto v = std::getenv("X");\n'), ['getenv'])
        for path in ('src/session/a.cpp', 'src/core/assert.cpp'):
            folder, _, name = path.rpartition('/')
            tree = {path: 'auto v = std::getenv("X");\n', f'{folder}/CMakeLists.txt': name}
            self.assertEqual(findings(tree), [], path)

    def test_random(self):
        for code in ('rand()', 'std::srand(1)', 'std::random_device d', 'std::mt19937_64 g'):
            self.assertEqual(header('data', f'auto x = {code};\n'), ['random'], code)
        self.assertEqual(header('data', 'auto x = operand(1) + stream.rand();\n'), [])

    def test_threads_and_output_in_the_pure_modules(self):
        offences = {'std::thread t;': 'thread', 'auto f = std::async(g);': 'thread',
                    'std::cout << 1;': 'output', 'printf("x");': 'output',
                    'std::fprintf(f, "x");': 'output', '#include <iostream>': 'output'}
        for code, rule in offences.items():
            for module in tidy.PURE_MODULES:
                self.assertEqual(header(module, code + '\n'), [rule], code)
            self.assertEqual(header('telemetry', code + '\n'), [], code)
        self.assertEqual(header('nn', 'std::snprintf(b, 9, "printf(");\n'), [])


class LengthTest(unittest.TestCase):
    @staticmethod
    def body(lines):
        return 'int f(int a) {\n' + '  a = {1};\n' * (lines - 2) + '}\n'

    def test_files(self):
        tests = {'tests/CMakeLists.txt': 'core', 'tests/core/CMakeLists.txt': 'a_test.cpp'}
        self.assertEqual(header('core', '//\n' * 400), [])
        self.assertEqual(header('core', '//\n' * 401), ['file-length'])
        self.assertEqual(findings({**tests, 'tests/core/a_test.cpp': '//\n' * 600}), [])
        self.assertEqual(findings({**tests, 'tests/core/a_test.cpp': '//\n' * 601}),
                         ['tests/core/a_test.cpp:601: file-length'])

    def test_functions(self):
        self.assertEqual(header('core', self.body(70)), [])
        self.assertEqual(header('core', 'namespace a {\n' + self.body(71) + '}\n'),
                         ['function-length'])

    def test_python_and_shell_functions(self):
        python = 'def f():\n' + '    pass\n' * 70
        shell = 'f() {\n' + '  :\n' * 69 + '}\n'
        self.assertEqual(findings({'bench/a.py': python, 'jobs/a.sh': shell}),
                         ['bench/a.py:1: function-length', 'jobs/a.sh:1: function-length'])

    def test_what_a_function_is(self):
        text = '''#define OPEN {
namespace a {
class B : public C<int> {
 public:
  B() : x_{1}, y_(2) {}
  template <class T>
  T get() const noexcept {
    if (x_) { return {}; }
  }
  int x_ = 1'000, y_{2};
};
const std::vector<int> table = {
    1, f(2), // }
};
TEST(X, y) {
  auto s = "}" R"z(})")z";
  char c = '}';
}
auto later = [](int a) {
  return a;
};
}  // namespace a
'''
        self.assertEqual([(first, last) for first, last, _ in cpp_text.functions(text)],
                         [(5, 5), (6, 9), (15, 18), (19, 21)])


class TreeTest(unittest.TestCase):
    def test_unregistered_files(self):
        tree = {'tests/CMakeLists.txt': 'add(core)  # nn',
                'tests/core/CMakeLists.txt': 'x a_test.cpp sub/d_test.py # b_test.cpp',
                'tests/core/a_test.cpp': '', 'tests/core/b_test.cpp': '', 'tests/core/c_test.sh': '',
                'tests/core/sub/d_test.py': '', 'tests/nn/CMakeLists.txt': '',
                'src/core/a.cpp': '', 'src/core/b.cpp': '', 'src/core/CMakeLists.txt': 'aa.cpp b.cpp'}
        self.assertEqual(findings(tree), [f'{path}:1: unregistered' for path in (
            'src/core/a.cpp', 'tests/core/b_test.cpp', 'tests/core/c_test.sh',
            'tests/nn/CMakeLists.txt')])

    def test_leftovers(self):
        for word in ('TODO', 'FIXME', 'XXX', 'HACK'):
            self.assertEqual(findings({'README.md': f'a\n{word}: b\n'}), ['README.md:2: leftover'])
        self.assertEqual(findings({'README.md': 'HACKATHON, xxx\n'}), [])

    def test_glob(self):
        self.assertEqual(findings({'CMakeLists.txt': 'file(GLOB x *.cpp)\n'}),
                         ['CMakeLists.txt:1: glob'])
        self.assertEqual(findings({'CMakeLists.txt': 'file(CONFIGURE x)\n'}), [])

    def test_private_paths(self):
        for text in ('cd /home/ann/x', 'a="/scratch/ann"', '-v x:/root/y', '`/scratch/x`'):
            self.assertEqual(findings({'jobs/a.toml': text}), ['jobs/a.toml:1: private-path'], text)
        self.assertEqual(findings({'jobs/a.toml': 'https://a.org/home/b /tmp/x src/home/a'}), [])

    def test_links_lead_somewhere(self):
        tree = {'docs/a.md': '# One\n## The file: `x.y`\n', 'README.md': '[a](docs/a.md)\n[b](docs/b.md)\n'
                '[c](docs/a.md#the-file-xy)\n[d](docs/a.md#two)\n[e](https://example.org/x)\n[f](#none)\n'}
        self.assertEqual(findings(tree), ['README.md:2: link', 'README.md:4: link', 'README.md:6: link'])

    def test_built_and_ignored_folders_are_not_read(self):
        self.assertEqual(findings({'build/release/a.cpp': 'TODO', 'data/raw/a.txt': 'TODO',
                                   'tests/consumer/build/a.cpp': 'TODO'}), [])

    def test_exit_code_and_line_format(self):
        with tempfile.TemporaryDirectory() as folder:
            program = [sys.executable, '-B', tidy.__file__, folder]
            self.assertEqual(subprocess.run(program, capture_output=True).returncode, 0)
            pathlib.Path(folder, 'a.md').write_text('TODO and /home/x\n', encoding='utf-8')
            run = subprocess.run(program, capture_output=True, text=True)
            self.assertEqual(run.returncode, 1)
            self.assertEqual(run.stdout.splitlines(), ['a.md:1: leftover: TODO',
                                                       'a.md:1: private-path: /home/',
                                                       'tidy: 2 finding(s)'])


if __name__ == '__main__':
    unittest.main()
