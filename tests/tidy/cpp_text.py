"""C++ seen as text: without comments and literals, and cut into functions.

A heuristic for clang-formatted code, no parser: a body's brace stands after a blank, the brace of
an initialiser does not.
"""

import re

_LITERAL_OR_COMMENT = re.compile(
    r'R"(?P<mark>[^()\s\\]{0,16})\(.*?\)(?P=mark)"'  # raw string
    r'|//(?:\\\n|[^\n])*'
    r'|/\*.*?\*/'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'",  # a digit before it: a separator as in 1'000
    re.DOTALL)
_DIRECTIVE = re.compile(r'^[ \t]*#(?:\\\n|[^\n])*', re.MULTILINE)
_SCOPE = re.compile(r'^(?:inline\s+)?(?:template\s*<.*>\s*)?(?:export\s+)?'
                    r'(?:namespace|class|struct|union|enum|extern)\b', re.DOTALL)


def _blank(match):
    """Blanks of the same shape, so that line numbers stay."""
    text = match.group(0)
    return re.sub(r'[^\n]', ' ', text)


def code_only(text):
    """The text with comments, strings and character literals blanked out."""
    return _LITERAL_OR_COMMENT.sub(_blank, text)


def _is_function(head):
    """Whether a brace after `head` (the text since the last statement) opens a function body."""
    if not head.endswith((' ', '\n')):
        return False  # T{...}: an initialiser
    head = head.strip()
    return '(' in head and not _SCOPE.match(head) and not head.endswith('=')


def functions(text):
    """Yields (first line, last line, head) of every function body; lambdas count in their owner."""
    code = _DIRECTIVE.sub(_blank, code_only(text))
    line, head, head_line = 1, '', 0
    body_depth = brace_depth = 0  # inside a function body, inside an initialiser
    start = (0, '')
    for char in code:
        if char == '\n':
            line += 1
        if body_depth:
            body_depth += (char == '{') - (char == '}')
            if not body_depth:
                yield (start[0], line, start[1])
                head = ''
        elif brace_depth:
            brace_depth += (char == '{') - (char == '}')
        elif char == '{':
            if _is_function(head):
                body_depth, start = 1, (head_line, ' '.join(head.split()))
            elif _SCOPE.match(head.strip()):
                head = ''
            else:
                brace_depth = 1
        elif char in ';}':
            head = ''
        elif head or not char.isspace():
            if not head:
                head_line = line
            head += char
            if head.strip() in ('public:', 'private:', 'protected:'):
                head = ''
