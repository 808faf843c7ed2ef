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
from typing import NamedTuple


def output_of(*command, **more):
    return subprocess.run([str(word) for word in command], check=True, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more).stdout


class Help(NamedTuple):
    """What the help of a command names, read otherwise than the generator does."""
    options: set
    arguments: set
    subcommands: set


def commands(words=()):
    """Every command and its help."""
    text = output_of(HERMES, *words, '--help')
    usage = re.search(r'^Usage: [^[]*\[OPTIONS\](.*)', text, re.M).group(1)
    subcommands = re.findall(r'^  (\w+)', text.partition('\nSubcommands:\n')[2], re.M)
    yield words, Help(set(re.findall(r'(?<![\w-])--?[a-z][\w-]*', text)),  # anywhere
                      set(re.findall(r'\b[a-z]\w*', usage)), set(subcommands))
    for name in subcommands:
        yield from commands((*words, name))


class ManualTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.commands = dict(commands())
        cls.page = gzip.decompress((MANUAL / 'hermes.1.gz').read_bytes()).decode()

    def test_help_is_understood(self):
        self.assertEqual(self.commands[('convert', 'csv')].arguments, {'file'})
        self.assertIn('--label', self.commands[('convert', 'csv')].options)  # of a group
        self.assertLessEqual({'-h', '--resume'}, self.commands[('train',)].options)

    def test_man_page_has_each_command_and_option_and_no_other(self):
        sections = {}
        for section in re.split(r'\n\.S[HS] (?:hermes )?', self.page.replace('\\-', '-')):
            sections[re.match(r'[\w ]*', section).group(0).strip()] = section
        for words, told in self.commands.items():
            names = re.findall(r'\\fB(.*?)\\fR', sections[' '.join(words) or 'OPTIONS'])
            self.assertEqual(sorted(names), sorted(told.options | told.arguments), words)

    def test_man_page_says_what_holds_of_a_group(self):
        self.assertRegex(self.page, r'\.PP\n.*Exactly 1 of the following.*\n\.TP\n\\fB\\-\\-label')

    @unittest.skipUnless(shutil.which('groff'), 'groff is not installed')
    def test_man_page_is_well_formed(self):
        said = output_of('groff', '-man', '-Tascii', '-ww', '-z', MANUAL / 'hermes.1')
        self.assertEqual(said, '')

    def complete(self, *words):
        script = (f'source "{MANUAL}/hermes.bash"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
                  '_hermes; printf "%s\\n" "${COMPREPLY[@]}"')
        return output_of('bash', '-c', script, 'bash', 'hermes', *words, cwd=MANUAL).split()

    def test_completion_offers_each_option_and_no_other(self):
        for words, told in self.commands.items():
            for before in words, (*words, '--help'):
                self.assertEqual(sorted(self.complete(*before, '-')), sorted(told.options), before)
        self.assertEqual(self.complete('train', 'plan', '--out', 'convert', '--re'), ['--resume'])

    def test_completion_offers_subcommands_where_one_is_due(self):
        for words, told in self.commands.items():
            if told.subcommands:
                self.assertEqual(sorted(self.complete(*words, '')), sorted(told.subcommands), words)
        self.assertEqual(self.complete('convert', 'cs'), ['csv'])
        self.assertEqual(self.complete('hermes.b'), [])

    def test_completion_offers_files_elsewhere(self):
        files = self.complete('train', '')
        self.assertLessEqual({'hermes.1.gz', 'hermes.bash'}, set(files))
        for words, told in self.commands.items():
            if not told.subcommands:
                self.assertEqual(self.complete(*words, ''), files, words)
        for words in ('train', '--out'), ('train', '--out', '='), ('train', 'a.toml'), ('convert', 'csv', '--label'):
            self.assertEqual(self.complete(*words, ''), files, words)
        self.assertEqual(self.complete('train', '--out', '='), files)
        self.assertEqual(self.complete('train', 'hermes.b'), ['hermes.bash'])


class InstallationTest(unittest.TestCase):
    def test_links_of_the_documentation_lead_to_files(self):
        with tempfile.TemporaryDirectory() as folder:
            output_of('cmake', '--install', MANUAL.parents[1], '--component', 'program', '--prefix', folder)
            root = pathlib.Path(folder, 'share/doc/hermes')
            self.assertTrue({root / 'README.md', root / 'docs/guide.md'} <= set(root.rglob('*.md')))
            for page in set(root.rglob('*.md')) - {root / 'CONTRIBUTING.md'}:
                for link in re.findall(r'\]\(([^()#\s]+)', re.sub(r'`[^`]*`', '', page.read_text())):
                    self.assertTrue('://' in link or (page.parent / link).exists(), f'{page}: {link}')


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
