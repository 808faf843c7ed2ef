#!/usr/bin/env python3
"""Writes the man page and the bash completion from what the program itself says of its commands:

    describe_commands.py HERMES DIRECTORY      makes DIRECTORY/hermes.1 and DIRECTORY/hermes.bash

Nothing about commands and options is written down here. Python's standard library only.
"""

import pathlib
import re
import subprocess
import sys
from typing import NamedTuple

LAST_SECTIONS = """\
.SH EXIT STATUS
0 done; 2 bad input or usage; 3 failure at run time; 75 stopped early with a checkpoint to resume.
.SH SEE ALSO
.BR mpirun (1)
"""


class Entry(NamedTuple):
    """A line of a list of options, arguments or subcommands; without names, what holds of those that follow."""
    names: list  # '-h', '--help'; or one word
    value: str   # what comes behind the names
    text: str


class Command(NamedTuple):
    words: list        # [] for the program, ['convert', 'idx'], ...
    summary: str
    sections: dict     # title: entries

    def flags(self):
        return [name for entry in self.sections.get('Options', []) for name in entry.names]

    def subcommands(self):
        return [entry.names[0] for entry in self.sections.get('Subcommands', [])]


def parse_entry(line):
    left, _, text = line.strip().partition('  ')
    names, _, value = left.partition(' ')
    return Entry([re.sub(r'\{.*', '', name) for name in names.split(',')], value.strip(), text.strip())


def parse_help(words, text):
    """The help of one command as the program prints it."""
    lines = text.splitlines()
    sections, entries, margin = {}, None, None
    for line in lines:
        indent = len(line) - len(line.lstrip())
        title = re.fullmatch(r' *([A-Z]\w+):', line)
        if title:  # in a group, it and its entries stand further right
            entries, margin = sections.setdefault(title.group(1), []), indent + 2
        elif line.lstrip().startswith('[Option Group: '):
            entries, margin = sections.setdefault('Options', []), None
            entries.append(Entry([], '', ''))
        elif line.strip() and indent == margin:
            entries.append(parse_entry(line))
        elif line.strip() and entries:  # a description that goes on, or stands below a long name
            last = entries[-1]
            entries[-1] = last._replace(text=f'{last.text} {line.strip()}'.strip())
    return Command(words, lines[0].strip(), sections)


def read_commands(hermes, words=()):
    """The program's command and all below it, each before its own."""
    told = subprocess.run([hermes, *words, '--help'], stdout=subprocess.PIPE, text=True, check=True)
    command = parse_help(list(words), told.stdout)
    found = [command]
    for name in command.subcommands():
        found += read_commands(hermes, (*words, name))
    return found


def roff(text):
    text = text.replace('\\', '\\e').replace('-', '\\-')
    return '\\&' + text if text.startswith(('.', "'")) else text


def man_entries(entries):
    for entry in entries:
        names = ', '.join(f'\\fB{roff(name)}\\fR' for name in entry.names)
        head = f'.TP\n{names} {roff(entry.value)}'.rstrip() if names else '.PP'
        yield f'{head}\n{roff(entry.text) or chr(92) + "&"}\n'


def man_page(commands, version):
    program, rest = commands[0], commands[1:]
    parts = [f'.TH HERMES 1 "" "hermes {version}" "User Commands"\n.SH NAME\nhermes \\- '
             f'{roff(program.summary.rstrip("."))}\n.SH SYNOPSIS\n.B hermes\n'
             '.I COMMAND\n.RI [ OPTIONS ]\n.SH DESCRIPTION\n'
             f'{roff(program.summary)}\n.SH OPTIONS\n',
             *man_entries(program.sections.get('Options', [])), '.SH COMMANDS\n']
    for command in rest:
        arguments = ' '.join(f'\\fI{roff(entry.names[0])}\\fR'
                             for entry in command.sections.get('Positionals', []))
        parts.append(f'.SS hermes {roff(" ".join(command.words))} {arguments}'.rstrip() + '\n'
                     f'{roff(command.summary)}\n')
        for title in ('Positionals', 'Options'):
            parts += man_entries(command.sections.get(title, []))
    return ''.join(parts) + LAST_SECTIONS


def completion(commands):
    def case(command, pattern, words):
        return f"      '{' '.join(['hermes', *command.words])} '{pattern}) words='{' '.join(words)}' ;;"

    # A command comes before the one that it belongs to: the first pattern that fits counts.
    options = '\n'.join(case(command, '*', command.flags()) for command in reversed(commands))
    subcommands = '\n'.join(case(command, '', command.subcommands())
                            for command in commands if command.subcommands())
    return f"""\
# bash completion of hermes; made by describe_commands.py
_hermes() {{
  local IFS=$' \\t\\n' current=${{COMP_WORDS[COMP_CWORD]}} words=''
  local before=(hermes "${{COMP_WORDS[@]:1:COMP_CWORD-1}}")
  if [[ $current == -* ]]; then
    case "${{before[*]}} " in
{options}
    esac
  else
    case "${{before[*]}} " in
{subcommands}
    esac
  fi
  if [[ $words ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  else  # a value or an argument; the "=" of --out=FILE is a word by itself
    mapfile -t COMPREPLY < <(compgen -f -- "${{current#=}}")
    compopt -o filenames 2>/dev/null
  fi
}}
complete -F _hermes hermes
"""


def main(arguments):
    hermes, directory = arguments[0], pathlib.Path(arguments[1])
    commands = read_commands(hermes)
    told = subprocess.run([hermes, '--version'], stdout=subprocess.PIPE, text=True, check=True)
    version = told.stdout.split()[1]
    (directory / 'hermes.1').write_text(man_page(commands, version), encoding='utf-8')
    (directory / 'hermes.bash').write_text(completion(commands), encoding='utf-8')


if __name__ == '__main__':
    main(sys.argv[1:])
