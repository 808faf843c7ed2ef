#!/usr/bin/env python3
"""Checks the source tree against the rules of the house: tidy.py [ROOT]

Prints `file:line: rule: what` for every finding and returns 1 when there is one. The rules:

  include       which module may include which, and where each third-party header may appear
  mpi           MPI_ calls only in the MPI transport
  clock         no clock but the one of the transport
  getenv        environment variables only where a run begins
  random        random numbers only from seeded RandomStreams
  thread        no threads in protocol, nn and wire
  output        no stream output in protocol, nn and wire
  file-length   400 lines, tests 600
  function-length  70 lines
  unregistered  a source, test or test directory that no CMakeLists.txt names
  leftover      notes of unfinished work
  glob          no file(GLOB in CMake
  private-path  no path of somebody's machine
  link          relative links of Markdown files lead to files and headings that are there
"""

import ast
import pathlib
import re
import sys
from typing import NamedTuple

import cpp_text

MODULES = {  # module: what it may include besides itself
    'core': set(),
    'nn': {'core'},
    'data': {'core'},
    'protocol': {'core'},
    'wire': {'core', 'protocol'},
    'transport': {'core'},
    'telemetry': {'core', 'protocol'},
    'runtime': {'core', 'nn', 'data', 'protocol', 'wire', 'transport', 'telemetry'},
    'report': {'core', 'data', 'telemetry', 'runtime'},
    'session': {'core', 'nn', 'data', 'protocol', 'wire', 'transport', 'telemetry', 'runtime'},
    'doctor': {'core', 'telemetry'},
    'cli': {'core', 'nn', 'data', 'protocol', 'wire', 'transport', 'telemetry', 'runtime',
            'report', 'session', 'doctor'},
}
MPI_PLACES = ('src/transport/mpi', 'include/hermes/transport/mpi')
SETTINGS_PLACES = tuple(f'{top}/{module}/' for top in ('src', 'include/hermes')
                        for module in ('runtime', 'telemetry', 'report', 'doctor', 'cli'))
THIRD_PARTY = [  # header, places that may include it (path prefixes)
    (r'mpi\.h$', MPI_PLACES),
    (r'(hdf5|H5\w+)\.h(pp)?$', ('src/data/',)),
    (r'(Eigen/|cblas\.h$|lapacke?\.h$)', ('src/nn/', 'include/hermes/nn/')),
    (r'boost/', ('src/wire/', 'include/hermes/wire/', 'include/hermes/core/')),
    (r'(toml\+\+/|toml\.hpp$|CLI/|spdlog/|fmt/|nlohmann/)', SETTINGS_PLACES),
    (r'(gtest|gmock|benchmark)/', ()),
]
GETENV_PLACES = ('src/session/', 'src/core/assert.cpp')
PURE_MODULES = ('protocol', 'nn', 'wire')

CLOCK = re.compile(r'\b(?:system_clock|steady_clock|high_resolution_clock|utc_clock|gettimeofday|'
                   r'clock_gettime|timespec_get)\b'
                   r'|(?<![\w.>])(?:std::)?time\s*\(\s*(?:nullptr|NULL|0|&\s*\w+)\s*\)'
                   r'|\bstd::clock\s*\(')
RANDOM = re.compile(r'(?<![\w.>])s?rand\s*\(|\b(?:random_device|mt19937(?:_64)?|'
                    r'default_random_engine|minstd_rand0?|random_shuffle)\b')
THREAD = re.compile(r'\bstd::(?:jthread|thread|async)\b|\bpthread_create\b')
OUTPUT = re.compile(r'\b(?:std::)?(?:cout|cerr|clog)\b|\bv?f?printf\s*\(|\bf?put[sc]\s*\(')
OUTPUT_HEADER = re.compile(r'^(?:iostream|fstream|print)$')
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
LEFTOVER = re.compile(r'\b(?:TODO|FIXME|XXX|HACK)\b')
PRIVATE_PATH = re.compile(r'(?<![\w./-])/(?:home|root|scratch)/')

TOP = ('include', 'src', 'tests', 'bench', 'jobs', 'data', 'models', 'docs', '.ci')
SKIPPED_DIRECTORIES = {'build', 'runs', 'raw', '__pycache__', '.git'}
CPP = {'.hpp', '.cpp', '.h', '.c'}
SOURCES = CPP | {'.py', '.sh'}
TEXT = SOURCES | {'.txt', '.cmake', '.toml', '.md', '.json', '.xml', '.sbatch', '.in', '.yml', ''}
OWN_WORDS = 'tests/tidy/'  # this program names what it forbids


class Finding(NamedTuple):
    path: str
    line: int
    rule: str
    what: str

    def __str__(self):
        return f'{self.path}:{self.line}: {self.rule}: {self.what}'


class File:
    """One text file; `path` is relative to the root of the tree."""

    def __init__(self, root, path):
        self.path = path.relative_to(root).as_posix()
        self.suffix = path.suffix
        self.text = path.read_text(encoding='utf-8', errors='replace')
        self.lines = self.text.splitlines()
        self.is_cpp = self.suffix in CPP
        self.code = cpp_text.code_only(self.text).splitlines() if self.is_cpp else []
        parts = self.path.split('/')
        self.product = parts[0] in ('src', 'include')  # what users get, unlike tests and bench
        inner = parts[2:] if parts[:2] == ['include', 'hermes'] else parts[1:]
        self.module = inner[0] if self.product and inner and inner[0] in MODULES else None

    def within(self, places):
        return self.path.startswith(tuple(places))


def read_tree(root):
    candidates = [p for p in root.iterdir() if p.is_file() and p.name != '.git']
    for top in TOP:
        candidates += [p for p in (root / top).rglob('*') if p.is_file()]
    wanted = [p for p in candidates if p.suffix in TEXT
              and not SKIPPED_DIRECTORIES & set(p.relative_to(root).parts[:-1])]
    return [File(root, p) for p in sorted(wanted)]


def included_module(spelling):
    """The Hermes module that an include names, as "hermes/x/y.hpp", "x/y.hpp" or "../x/y.hpp"."""
    parts = [part for part in spelling.split('/')[:-1] if part not in ('..', '.', 'hermes')]
    return parts[0] if parts and parts[0] in MODULES else None


def check_includes(file):
    if not file.product or not file.is_cpp:
        return
    for number, line in enumerate(file.lines, 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        quote, spelling = match.groups()
        target = included_module(spelling) if quote == '"' or 'hermes/' in spelling else None
        if target and file.module and target not in MODULES[file.module] | {file.module}:
            yield Finding(file.path, number, 'include',
                          f'module {file.module} may not include {target} ({spelling})')
        for header, places in THIRD_PARTY:
            if re.match(header, spelling) and not file.within(places):
                where = ', '.join(places) or 'tests and bench'
                yield Finding(file.path, number, 'include', f'<{spelling}> belongs to {where}')
        if file.module in PURE_MODULES and OUTPUT_HEADER.match(spelling):
            yield Finding(file.path, number, 'output', f'<{spelling}> in module {file.module}')


def check_words(file):
    """Names that only some places may use."""
    if not file.product:
        return
    pure = file.module in PURE_MODULES
    rules = [
        ('mpi', re.compile(r'\bP?MPI_\w+'), file.within(MPI_PLACES)),
        ('clock', CLOCK, file.module == 'transport'),
        ('getenv', re.compile(r'\b(?:secure_)?getenv\b'), file.within(GETENV_PLACES)),
        ('random', RANDOM, False),
        ('thread', THREAD, not pure),
        ('output', OUTPUT, not pure),
    ]
    for rule, pattern, allowed in rules:
        for number, line in enumerate(file.code, 1):
            match = pattern.search(line)
            if match and not allowed:
                yield Finding(file.path, number, rule, f'{match.group(0).strip()} is not for here')


def check_lengths(file):
    if file.suffix not in SOURCES and not file.path.endswith('CMakeLists.txt'):
        return
    limit = 600 if file.path.startswith('tests/') else 400
    if len(file.lines) > limit:
        yield Finding(file.path, limit + 1, 'file-length', f'{len(file.lines)} lines, limit {limit}')
    for first, last, name in functions(file):
        if last - first + 1 > 70:
            yield Finding(file.path, first, 'function-length',
                          f'{last - first + 1} lines, limit 70: {name[:60]}')


def functions(file):
    if file.is_cpp:
        yield from cpp_text.functions(file.text)
    elif file.suffix == '.py':
        for node in ast.walk(ast.parse(file.text, file.path)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield node.lineno, node.end_lineno, node.name
    elif file.suffix == '.sh':
        start = None
        for number, line in enumerate(file.lines, 1):
            match = re.match(r'(?:function\s+)?(\w+)\s*\(\)\s*[{(]\s*$', line)
            if match:
                start = number, match.group(1)
            elif start and re.match(r'[})]', line):
                yield start[0], number, start[1]
                start = None


def check_words_in_text(file):
    if file.path.startswith(OWN_WORDS) or file.path == 'LICENSE':
        return
    for number, line in enumerate(file.lines, 1):
        for rule, pattern in (('leftover', LEFTOVER), ('private-path', PRIVATE_PATH)):
            match = pattern.search(line)
            if match:
                yield Finding(file.path, number, rule, match.group(0))
        if (file.path.endswith(('CMakeLists.txt', '.cmake'))
                and re.search(r'\bfile\s*\(\s*GLOB', line, re.IGNORECASE)):
            yield Finding(file.path, number, 'glob', 'name the files: a forgotten one must not build')


def heading_names(text):
    """What links call the headings of a Markdown file."""
    titles = re.findall(r'^#+ +(.+)$', re.sub(r'^```.*?^```', '', text, flags=re.M | re.S), re.M)
    return {re.sub(r'[^\w\- ]', '', title.strip().lower()).replace(' ', '-') for title in titles}


def check_links(file, root):
    if file.suffix != '.md':
        return
    for number, line in enumerate(file.lines, 1):
        for link in re.findall(r'\]\(([^()\s]+)\)', re.sub(r'`[^`]*`', '', line)):
            name, _, heading = link.partition('#')
            if re.match(r'[a-z]+:', name):
                continue
            target = (root / file.path).parent / name if name else root / file.path
            if not target.exists():
                yield Finding(file.path, number, 'link', f'{link}: no such file')
            elif heading and target.suffix == '.md':
                if heading not in heading_names(target.read_text(encoding='utf-8')):
                    yield Finding(file.path, number, 'link', f'{link}: no such heading')


def check_registration(files):
    """Every source and test is named by the CMakeLists.txt of its folder or of one above it."""
    cmake = {}  # folder: the CMakeLists.txt there, without comments
    for file in files:
        folder, _, name = file.path.rpartition('/')
        if name == 'CMakeLists.txt':
            cmake[folder] = re.sub(r'#.*', '', file.text)

    def named(path):
        folder, _, name = path.rpartition('/')
        word = re.compile(rf'(?<![\w.-]){re.escape(name)}(?![\w.-])')
        while folder:
            if word.search(cmake.get(folder, '')):
                return True
            folder = folder.rpartition('/')[0]
        return False

    for file in files:
        top, _, rest = file.path.partition('/')
        folder, _, name = file.path.rpartition('/')
        is_source = top in ('src', 'tests', 'bench') and file.suffix in ('.cpp', '.c')
        is_test = top in ('tests', 'bench') and re.search(r'_test\.(cpp|py|sh)$', name)
        if (is_source or is_test) and not named(file.path):
            yield Finding(file.path, 1, 'unregistered', 'no CMakeLists.txt names this file')
        if top == 'tests' and name == 'CMakeLists.txt' and '/' in rest and not named(folder):
            yield Finding(file.path, 1, 'unregistered', 'no CMakeLists.txt above adds this folder')


def check_tree(root):
    root = pathlib.Path(root)
    files = read_tree(root)
    findings = list(check_registration(files))
    for file in files:
        for check in (check_includes, check_words, check_lengths, check_words_in_text):
            findings += check(file)
        findings += check_links(file, root)
    return sorted(findings)


def main(arguments):
    here = pathlib.Path(__file__).resolve().parents[2]
    findings = check_tree(arguments[0] if arguments else here)
    for finding in findings:
        print(finding)
    print(f'tidy: {len(findings)} finding(s)')
    return 1 if findings else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
