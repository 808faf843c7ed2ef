#!/usr/bin/env python3
"""What is installed beside the program, and recipes for package tools, as far as they can be checked
without those: packages_test.py HERMES MANUAL_DIR SOURCE_DIR [unittest arguments]"""

import gzip
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest


def output_of(*command, **more):
    return subprocess.run([str(word) for word in command], check=True, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more).stdout


def commands(words=()):
    """Every command and what its help calls an option, read otherwise than the generator does."""
    text = output_of(HERMES, *words, '--help')
    yield words, sorted(set(re.findall(r'^  (?:-\w,)?(--[a-z-]+)', text, re.M)))
    if '\nSubcommands:\n' in text:
        for name in re.findall(r'^  (\w+)', text.split('\nSubcommands:\n')[1], re.M):
            yield from commands((*words, name))


class ManualTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.commands = list(commands())
        cls.page = gzip.decompress((MANUAL / 'hermes.1.gz').read_bytes()).decode()

    def test_help_is_understood(self):
        self.assertIn((('convert', 'csv')), [words for words, _ in self.commands])
        self.assertIn('--resume', dict(self.commands)[('train',)])

    def test_man_page_has_each_command_and_option(self):
        sections = {}
        for section in self.page.replace('\\-', '-').split('\n.SS hermes ')[1:]:
            sections[re.match(r'[a-z0-9 ]+', section).group(0).strip()] = section
        for words, options in self.commands[1:]:
            self.assertIn(' '.join(words), sections)
            has_subcommands = any(other[:-1] == words for other, _ in self.commands if other)
            for option in [] if has_subcommands else options:
                self.assertRegex(sections[' '.join(words)], rf'\\fB{option}\\fR', words)

    @unittest.skipUnless(shutil.which('groff'), 'groff is not installed')
    def test_man_page_is_well_formed(self):
        said = output_of('groff', '-man', '-Tascii', '-ww', '-z', MANUAL / 'hermes.1')
        self.assertEqual(said, '')

    def complete(self, *words):
        script = (f'source "{MANUAL}/hermes.bash"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
                  '_hermes; printf "%s\\n" "${COMPREPLY[@]}"')
        return output_of('bash', '-c', script, 'bash', 'hermes', *words, cwd=MANUAL).split()

    def test_completion_offers_each_command_and_option(self):
        for words, options in self.commands:
            self.assertLessEqual(set(options), set(self.complete(*words, '--')), words)
            if words:
                self.assertIn(words[-1], self.complete(*words[:-1], words[-1][:2]))

    def test_completion_goes_on_with_file_names(self):
        self.assertIn('hermes.bash', self.complete('train', 'hermes.b'))


class RecipeTest(unittest.TestCase):
    def test_spack_recipe_names_what_cmake_looks_for(self):
        recipe = (SOURCE / 'jobs/spack/package.py').read_text()
        compile(recipe, 'package.py', 'exec')
        spack = {'Threads': None, 'MPI': 'mpi', 'Eigen3': 'eigen', 'BLAS': 'openblas', 'HDF5': 'hdf5',
                 'Boost': 'boost', 'ZLIB': 'zlib-api', 'PNG': 'libpng', 'JPEG': 'jpeg', 'CLI11': 'cli11',
                 'hwy': 'highway', 'tomlplusplus': 'tomlplusplus', 'spdlog': 'spdlog',
                 'nlohmann_json': 'nlohmann-json'}
        asked = re.search(r'set\(hermes_dependencies ([^)]*)\)', (SOURCE / 'CMakeLists.txt').read_text())
        found = [words.strip('"').split()[0] for words in re.findall(r'"[^"]*"|\S+', asked.group(1))]
        self.assertGreater(len(found), 5)
        for name in found:
            self.assertIn(name, spack)
            if spack[name]:
                self.assertRegex(recipe, rf'depends_on\("{spack[name]}["@ ]')

    @unittest.skipUnless(shutil.which('modulecmd'), 'environment-modules is not installed')
    def test_module_is_found_loaded_and_unloaded(self):
        with tempfile.TemporaryDirectory() as folder:
            place = pathlib.Path(folder, 'hermes')
            place.mkdir()
            shutil.copy(SOURCE / 'jobs/modulefile', place / '0.1.0')
            module = ['modulecmd', 'bash']
            more = {'env': {'PATH': '/usr/bin:/bin', 'MODULEPATH': folder}}
            self.assertIn('hermes/0.1.0', output_of(*module, 'avail', **more))
            loaded = output_of('bash', '-c', 'eval "$(modulecmd bash load hermes)"; echo "$PATH $HERMES_HOME"; '
                               'eval "$(modulecmd bash unload hermes)"; echo "$PATH"', **more).splitlines()
            self.assertEqual(loaded[-2], '/opt/hermes/bin:/usr/bin:/bin /opt/hermes/share/hermes')
            self.assertEqual(loaded[-1], '/usr/bin:/bin')

    @unittest.skipUnless(shutil.which('doxygen'), 'doxygen is not installed')
    def test_doxygen_has_nothing_to_complain_of(self):
        with tempfile.TemporaryDirectory() as folder:
            settings = (SOURCE / 'docs/Doxyfile').read_text() + f'\nOUTPUT_DIRECTORY = {folder}\n'
            done = subprocess.run(['doxygen', '-'], input=settings, text=True, cwd=SOURCE, check=False,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.assertEqual((done.returncode, done.stdout), (0, ''))
            self.assertTrue(pathlib.Path(folder, 'html/index.html').exists())


if __name__ == '__main__':
    HERMES, MANUAL, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
