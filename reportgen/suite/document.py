"""The strict YAML loader: it reads a file into plain values and remembers their lines."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from reportgen.base.errors import ConfigError

MAX_FILE_BYTES = 1_000_000

KeyPath = tuple[str | int, ...]
"""Keys of mappings and indices of lists that lead from the root to a value."""


class Document:
    """A parsed file; its ``value`` consists of dict, list, str, int, float, bool and None."""

    def __init__(self, name: str, value: Any, lines: dict[KeyPath, int]) -> None:
        self.name, self.value, self._lines = name, value, lines

    def __contains__(self, path: KeyPath) -> bool:
        return path in self._lines

    def line_of(self, path: KeyPath) -> int:
        """Return the line, from 1, of the value at ``path`` or of its nearest ancestor in the file."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)

    def error(self, path: KeyPath, problem: str) -> ConfigError:
        """Return an error that names file, line and key."""
        key = ".".join(str(part) for part in path)
        return ConfigError(f"{self.name}:{self.line_of(path)}: {key + ': ' if key else ''}{problem}")


def read_document(path: Path) -> Document:
    """Parse one YAML file without executing or expanding anything in it.

    Raises:
        ConfigError: the file is missing, too large, not UTF-8, not YAML or not a single mapping; a key is repeated; an
            anchor, an alias or a tag is used.
    """
    text = _read_text(path)
    name = str(path)
    lines: dict[KeyPath, int] = {}
    try:
        node = _StrictLoader(text).get_single_node()
        value = None if node is None else _to_python(node, (), lines)
    except yaml.MarkedYAMLError as error:
        raise _explain(name, error) from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{name}:1: not valid YAML: {_one_line(error)}") from None
    except RecursionError:
        raise ConfigError(f"{name}:1: nested too deeply; expected a mapping with the key 'runs'") from None
    if not isinstance(value, dict):
        found = "nothing" if value is None else "a list" if isinstance(value, list) else "a single value"
        raise ConfigError(f"{name}:1: expected a mapping with the key 'runs' at the top, found {found}")
    return Document(name, value, lines)


class _StrictLoader(yaml.SafeLoader):
    """Loader with YAML 1.2's scalars (``1e-3`` is a number, ``no`` and ``010`` are texts) and no anchors or tags."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise yaml.MarkedYAMLError(
                problem="anchors and aliases are not supported; put shared settings under 'defaults'",
                problem_mark=event.start_mark,
            )
        if getattr(event, "tag", None):
            raise yaml.MarkedYAMLError(problem=f"the tag '{event.tag}' is not allowed", problem_mark=event.start_mark)
        node = super().compose_node(parent, index)
        if isinstance(node, yaml.ScalarNode):
            node.value = _join_surrogates(node)
        return node


_INT = r"^[-+]?(?:0|[1-9][0-9]*)$"
_FLOAT = r"^(?:[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[eE][-+]?[0-9]+)|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"  # noqa: E501
for _tag, _pattern, _first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", _INT, list("-+0123456789")),
    ("float", _FLOAT, list("-+.0123456789")),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
):
    _StrictLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _first)


def _join_surrogates(node: yaml.ScalarNode) -> str:
    """Return a scalar's text with surrogate pairs, as JSON escapes some characters, joined to one character."""
    try:
        return str(node.value).encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        problem = "half of a character (\\ud800 to \\udfff alone); write the character itself"
        raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark) from None


def _read_text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; name a suite, for example: reportgen run experiments.yaml") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    if len(content) > MAX_FILE_BYTES:
        raise ConfigError(f"{path}: {len(content):,} bytes are too many for a suite; at most {MAX_FILE_BYTES:,}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}:{line}: not UTF-8; save the file in the encoding UTF-8") from None


def _to_python(node: yaml.Node, path: KeyPath, lines: dict[KeyPath, int]) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _to_mapping(node, path, lines)
    if isinstance(node, yaml.SequenceNode):
        return [_to_python(child, (*path, index), lines) for index, child in enumerate(node.value)]
    return _to_scalar(node)


def _to_mapping(node: yaml.MappingNode, path: KeyPath, lines: dict[KeyPath, int]) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise yaml.MarkedYAMLError(problem="a key must be a single text", problem_mark=key_node.start_mark)
        key = key_node.value
        if key in mapping:
            first = lines[*path, key]
            raise yaml.MarkedYAMLError(
                problem=f"the key '{key}' stands twice (first on line {first})", problem_mark=key_node.start_mark
            )
        lines[*path, key] = key_node.start_mark.line + 1
        mapping[key] = _to_python(value_node, (*path, key), lines)
    return mapping


def _to_scalar(node: yaml.Node) -> Any:
    kind = node.tag.rpartition(":")[2]
    text = node.value
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    if kind == "int":
        return int(text) if len(text) < 40 else float(text)
    if kind == "float":
        return float(text.replace(".inf", "inf").replace(".nan", "nan")) if text[-1].isalpha() else float(text)
    return text


def _explain(name: str, error: yaml.MarkedYAMLError) -> ConfigError:
    mark = error.problem_mark or error.context_mark
    problem = _one_line(error.problem or error.context or "not valid YAML")
    if "'\\t'" in problem:
        problem += "; indent with spaces, not with tabs"
    if "another document" in problem:
        problem = "a second document starts here; keep one document per file"
    return ConfigError(f"{name}:{mark.line + 1 if mark else 1}: {problem}")


def _one_line(message: object) -> str:
    return " ".join(str(message).split())
