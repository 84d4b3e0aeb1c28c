"""One-line errors from pydantic's: where, what, what was expected, what to do."""

from __future__ import annotations

import difflib
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from reportgen.base.errors import ConfigError
from reportgen.suite.document import Document, KeyPath
from reportgen.suite.settings import MODELS, Model


def explain(document: Document, error: ValidationError, root: type[Model]) -> ConfigError:
    """Return an error of one line about the first problem in the file, with the number of further ones."""
    problems = sorted(
        error.errors(include_url=False),
        key=lambda problem: (problem["type"] == "missing", document.line_of(_key_path(problem["loc"]))),
    )
    path = _key_path(problems[0]["loc"])
    if path and isinstance(path[-1], int) and path not in document:
        path = path[:-1]  # a single value that stands for a list of one
    rest = len(problems) - 1
    more = f" (and {rest} more problem{'s' if rest > 1 else ''})" if rest else ""
    return document.error(path, _describe(dict(problems[0]), root) + more)


def _key_path(loc: tuple[str | int, ...]) -> KeyPath:
    """Return a pydantic location without the model, which follows ``runs.<name>`` and an index of exceptions."""
    if loc[:1] == ("runs",):
        return (*loc[:2], *loc[3:])
    return (*loc[:4], *loc[5:]) if loc[2:3] == ("exceptions",) else loc


def _describe(problem: dict[str, Any], root: type[Model]) -> str:
    kind, context, value = problem["type"], problem.get("ctx", {}), problem.get("input")
    key = str(problem["loc"][-1]) if problem["loc"] else ""
    if kind == "extra_forbidden":
        return f"unknown key '{key}'{suggest(key, _known_keys(problem['loc'], root))}"
    if kind == "literal_error":
        choices = [part.strip().strip("'") for part in context["expected"].replace(" or ", ", ").split(",")]
        return f"unknown value '{value}'{suggest(str(value), choices)}"
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        tag = str(value.get("model")) if isinstance(value, dict) else ""
        if kind == "union_tag_not_found" or not tag:
            return f"the key 'model' is missing; choose from: {', '.join(sorted(MODELS))}"
        return f"model: unknown model '{tag}'{suggest(tag, list(MODELS))}"
    if kind == "missing":
        return f"the key '{key}' is missing"
    wanted = _WANTED.get(kind)
    shown = "nothing" if value is None else f"{value!r}"
    if wanted:
        return f"expected {wanted}, found {shown}"
    return f"{problem['msg'][0].lower()}{problem['msg'][1:]}, found {shown}"


_WANTED = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "a text (put it in quotes if it looks like a number)",
    "list_type": "a list such as [0, 1, 2]",
    "dict_type": "a mapping (indented 'key: value' lines)",
    "model_type": "a mapping (indented 'key: value' lines)",
    "model_attributes_type": "a mapping (indented 'key: value' lines)",
}


def suggest(wrong: str, choices: list[str]) -> str:
    """Return the end of an error message that lists the choices and names the closest one, if it is close."""
    close = difflib.get_close_matches(wrong, choices, n=1)
    hint = f"; did you mean '{close[0]}'?" if close else ""
    return f"; choose from: {', '.join(sorted(choices))}{hint}" if choices else hint


def _known_keys(loc: tuple[str | int, ...], root: type[Model]) -> list[str]:
    """Return the keys that are allowed at the location of an unknown one."""
    model: Any = root
    for part in loc[:-1]:
        model = _step_into(model, part)
        if model is None:
            return []
    return sorted(model.model_fields) if _is_model(model) else []


def _step_into(kind: Any, part: str | int) -> Any:
    if _is_model(kind) and part in kind.model_fields:
        return _unwrap(kind.model_fields[str(part)].annotation)
    if get_origin(kind) is dict:
        return _unwrap(get_args(kind)[1])
    if get_origin(kind) is list:
        return _unwrap(get_args(kind)[0])
    # the discriminator's value inside runs.<name>
    return next((member for member in get_args(kind) if _is_model(member) and part in _list_models(member)), None)


def _list_models(entry: type[BaseModel]) -> tuple[Any, ...]:
    """Return the values of an entry's discriminator ``model``."""
    return get_args(entry.model_fields["model"].annotation) if "model" in entry.model_fields else ()


def _unwrap(kind: Any) -> Any:
    """Strip Annotated and Optional from a type; leave a union of models as it is."""
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    members = [member for member in get_args(kind) if member is not type(None)]
    if get_origin(kind) is not dict and get_origin(kind) is not list and len(members) == 1:
        return members[0]
    return kind


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
