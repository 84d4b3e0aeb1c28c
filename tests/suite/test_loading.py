from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as rounds
from hypothesis import strategies as st
from synthetic import ROOT

from reportgen.base.errors import ConfigError
from reportgen.suite.document import read_document
from reportgen.suite.loading import Suite, json_schema, load_suite
from reportgen.suite.settings import GanSettings, Settings, VaeSettings

SUITE = (ROOT / "experiments.yaml").read_text(encoding="utf-8")


def load(tmp_path: Path, text: str, profile: str = "full") -> Suite:
    path = tmp_path / "suite.yaml"
    path.write_text(text, encoding="utf-8")
    return load_suite(path, profile)


def only_gans(settings: Sequence[Settings]) -> list[GanSettings]:
    """Return the settings, which all have to be a GAN's."""
    found = [each for each in settings if isinstance(each, GanSettings)]
    assert len(found) == len(settings)
    return found


def test_homework_settings_are_declared() -> None:
    suite = load_suite(ROOT / "experiments.yaml")
    groups = {group.section: group.settings for group in suite.groups}
    assert [s.latent_dim for s in groups["vae_latent"]] == [3, 10, 64, 100]
    assert all((s.batch_size, s.num_training_steps, s.learning_rate) == (32, 25000, 1e-3) for s in groups["vae_latent"])
    assert [(s.latent_dim, s.hidden_dim) for s in only_gans(groups["gan_grid"])] == [
        (16, 16),
        (16, 100),
        (100, 16),
        (100, 100),
    ]
    assert [s.hidden_dim for s in only_gans(groups["gan_hidden"])] == [4, 8, 16, 32, 64]
    assert all((s.batch_size, s.num_training_steps, s.learning_rate) == (64, 5000, 2e-4) for s in groups["gan_grid"])
    assert groups["gan_mlp"][0].architecture == "mlp"
    assert only_gans(groups["gan_relu"])[0].activation == "relu"
    assert suite.dataset == "mnist"
    assert suite.fid.num_images == 3000


def test_profile_wins_over_everything() -> None:
    suite = load_suite(ROOT / "experiments.yaml", "quick")
    assert suite.dataset == "mnist-5k"
    assert suite.profile == "quick"
    assert {s.num_training_steps for g in suite.groups for s in g.settings} < {*range(1, 5000)}


def test_layers_are_resolved_in_order(tmp_path: Path) -> None:
    text = """
defaults: {gan: {batch_size: 10, hidden_dim: 5}}
runs:
  a: {model: gan, hidden_dim: [6, 7, 6]}
profiles:
  p: {gan: {batch_size: 3}}
"""
    plain, profiled = load(tmp_path, text), load(tmp_path, text, "p")
    assert [(s.hidden_dim, s.batch_size) for s in only_gans(plain.groups[0].settings)] == [(6, 10), (7, 10)]
    assert [(s.hidden_dim, s.batch_size) for s in only_gans(profiled.groups[0].settings)] == [(6, 3), (7, 3)]
    assert plain.groups[0].settings[0].learning_rate == GanSettings().learning_rate


EXCEPTIONS = """
defaults: {gan: {batch_size: 10}}
runs:
  a: {model: gan, hidden_dim: [6, 7, 8]}
  b: {model: vae}
profiles:
  p:
    gan: {batch_size: 3}
    exceptions:
      - {model: gan, hidden_dim: [7, 8], set: {batch_size: 4, learning_rate: 1e-3}}
      - {model: gan, hidden_dim: 8, latent_dim: 100, set: {batch_size: 5}}
      - {model: vae, set: {log_interval: 20}}
"""


def test_exceptions_of_a_profile_concern_the_runs_that_match_and_the_later_wins(tmp_path: Path) -> None:
    gans, vaes = load(tmp_path, EXCEPTIONS, "p").groups
    found = [(s.hidden_dim, s.batch_size, s.learning_rate) for s in only_gans(gans.settings)]
    assert found == [(6, 3, GanSettings().learning_rate), (7, 4, 1e-3), (8, 5, 1e-3)]
    assert vaes.settings == (VaeSettings(log_interval=20),)
    assert {s.batch_size for s in load(tmp_path, EXCEPTIONS).groups[0].settings} == {10}


def test_runs_that_an_exception_makes_equal_are_one(tmp_path: Path) -> None:
    text = EXCEPTIONS.replace("set: {batch_size: 4,", "set: {hidden_dim: 7, batch_size: 5,")
    settings = load(tmp_path, text, "p").groups[0].settings
    assert [(s.hidden_dim, s.batch_size) for s in only_gans(settings)] == [(6, 3), (7, 5)]


@pytest.mark.fault(row=2)
@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "hidden_dim: 8,",
            "hidden_dim: 9,",
            "1: no run matches; the suite has runs with latent_dim: 100 and hidden_dim: 6, 7, 8",
        ),
        ("model: vae}", "model: gan}", "2: no run matches; the suite has no runs with model: vae"),
        ("hidden_dim: 8,", "hiden_dim: 8,", "1.hiden_dim: unknown key 'hiden_dim'; choose from: activation, "),
        ("hidden_dim: 8,", "activation: rel,", "1.activation: unknown value 'rel'; choose from: leaky_relu, relu; did"),
        ("hidden_dim: 8,", "hidden_dim: x,", "1.hidden_dim: expected a whole number, found 'x'"),
        ("{batch_size: 5}", "{batchsize: 5}", "1.set.batchsize: unknown key 'batchsize'; choose from: activation, "),
        ("{batch_size: 5}", "{batch_size: [5]}", "1.set.batch_size: expected a whole number, found [5]"),
        (", set: {batch_size: 5}", "", "1.set: the key 'set' is missing"),
        ("model: gan, hidden_dim: 8", "hidden_dim: 8", "1: the key 'model' is missing; choose from: gan, vae"),
        ("model: gan, hidden_dim: 8", "model: gam", "1: model: unknown model 'gam'; choose from: gan, vae; did you"),
    ],
)
def test_a_bad_exception_is_named_by_its_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in EXCEPTIONS
    text = EXCEPTIONS.replace(old, new, 1)
    line = {"1": 11, "2": 12}[expected[0]]
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text, "p")
    assert str(caught.value).startswith(f"{tmp_path / 'suite.yaml'}:{line}: profiles.p.exceptions.{expected}")


@pytest.mark.fault(row=2)
@pytest.mark.parametrize(
    ("old", "new", "line_of", "expected"),
    [
        (
            "model: vae",
            "model: vea",
            "vae-latent-sweep:",
            "unknown model 'vea'; choose from: gan, vae; did you mean 'vae'?",
        ),
        ("latent_dim: 64", "latent_dims: 64", "latent_dims", "unknown key 'latent_dims'"),
        ("latent_dim: 64", "latent_dim: [3, x]", "[3, x]", "latent_dim.1: expected a whole number, found 'x'"),
        ("latent_dim: 64", "latent_dim: abc", "abc", "latent_dim: expected a whole number, found 'abc'"),
        ("latent_dim: 64", "latent_dim: 1.5", "1.5", "expected a whole number"),
        ("latent_dim: 64", "latent_dim: 0", "latent_dim: 0", "greater than or equal to 1"),
        ("latent_dim: 64", "latent_dim: 010", "010", "expected a whole number"),
        ("latent_dim: 64", "latent_dim: true", "latent_dim: true", "expected a whole number"),
        ("learning_rate: 1e-3", "learning_rate: no", "rate: no", "expected a number, found 'no'"),
        ("learning_rate: 1e-3", "learning_rate: .nan", "rate: .nan", "nan"),
        ("learning_rate: 1e-3", "learning_rate: -1", "rate: -1", "greater than 0"),
        ("seeds: [0]", "seeds: 0", "seeds: 0", "expected a list such as [0, 1, 2]"),
        ("dataset: mnist ", "dataset: mnits ", "mnits", "did you mean 'mnist'?"),
        ("section: gan_mlp", "section: gan_mpl", "gan_mpl", "did you mean 'gan_mlp'?"),
        ("    model: gan\n    activation", "    activation", "gan-relu:", "the key 'model' is missing"),
        ("activation: relu", "activation: &a relu", "&a", "anchors and aliases are not supported"),
        ("activation: relu", "activation: !!python/name:os.system relu", "!!python", "is not allowed"),
        ("    architecture: mlp", "    architecture: mlp\n    architecture: mlp", None, "stands twice"),
        ("    architecture: mlp", "\tarchitecture: mlp", "\tarchitecture", "indent with spaces"),
        ("hidden_dim: [16, 100]", "hidden_dim: [16, 100", None, "expected ',' or ']'"),
        ("runs:  ", "rnus:  ", "rnus:", "unknown key 'rnus'"),
        ("section: vae_latent", "section: gan_grid", "gan_grid", "is about runs with model: gan, and here is one with"),
        ("section: gan_hidden", "section: vae_latent", None, "is about runs with model: vae"),
        ("section: gan_hidden", "section: gan_mlp", "gan_mlp", "'gan_mlp' is about runs with architecture: mlp"),
        (
            "architecture: linear",
            "encoder_output_relu: true",
            "vae_architecture",
            "with architecture: linear, and here",
        ),
        ("activation: relu", "activation: leaky_relu", "gan_relu", "with activation: relu, and here is one with"),
        ("  quick:", "  full:", "full:", "the name is reserved for the file's settings as they are"),
        ("  quick:", "  'q[[x]]':", "q[[x]]", "expected a name of letters"),
    ],
)
def test_bad_input_is_one_line_with_file_and_line(
    tmp_path: Path, old: str, new: str, line_of: str | None, expected: str
) -> None:
    assert old in SUITE
    text = SUITE.replace(old, new, 1)
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    message = str(caught.value)
    assert "\n" not in message
    assert expected in message
    assert message.startswith(str(tmp_path / "suite.yaml"))
    if line_of is not None:
        line = next(i for i, row in enumerate(text.splitlines(), 1) if line_of in row)
        assert message.startswith(f"{tmp_path / 'suite.yaml'}:{line}: ")


def make_grid(num_latent: int, num_hidden: int) -> bytes:
    """Return a suite of one GAN with this many values of each of its two dimensions."""
    latent, hidden = (list(range(1, num + 1)) for num in (num_latent, num_hidden))
    return f"runs: {{a: {{model: gan, latent_dim: {latent}, hidden_dim: {hidden}}}}}\n".encode()


@pytest.mark.fault(row=1)
@pytest.mark.fault(row=3)
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "found nothing"),
        (b"- a\n", "found a list"),
        (b"a: 1\n---\nb: 2\n", "second document"),
        ("runs: {名: 1}".encode("gbk"), "not UTF-8"),
        ("runs: {}".encode("utf-16"), "not UTF-8"),
        (b"[" * 5000, "nested too deeply"),
        (b"#" * 1_000_001, "too many"),
        (b"a: \x00\n", "not valid YAML"),
        (b"runs: {}\n", "no runs are declared"),
        (b'runs: {"\\ud83c": 1}\n', "half of a character"),
        (b"? [a, b]\n: 1\n", "a key must be a single text"),
        (b"seeds: [0]\n", "the key 'runs' is missing"),
        (make_grid(317, 317), "the grid has more than 100000 combinations"),
        (
            b"seeds: [%s]\n" % b",".join(b"%d" % seed for seed in range(400)) + make_grid(16, 16),
            "102400 runs are declared",
        ),
    ],
)
def test_odd_files_are_refused(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "suite.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=expected):
        load_suite(path)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no\.yaml: no such file"):
        load_suite(tmp_path / "no.yaml")
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load_suite(tmp_path)


@pytest.mark.fault(row=1)
def test_byte_order_mark_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "suite.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + SUITE.encode())
    assert load_suite(path).groups


def test_unknown_profile_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no profile 'quik'; choose from: full, quick; did you mean 'quick'"):
        load(tmp_path, SUITE, "quik")


@pytest.mark.fault(row=2)
@pytest.mark.parametrize(
    ("text", "value"), [("1e-3", 1e-3), ("1E5", 1e5), (".5", 0.5), ("3", 3), ("on", "on"), ("~", None)]
)
def test_scalars_are_those_of_yaml_1_2(tmp_path: Path, text: str, value: object) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(f"a: {text}\n", encoding="utf-8")
    found = read_document(path).value["a"]
    assert found == value
    assert type(found) is type(value)


NUM_EXAMPLES = int(os.environ.get("REPORTGEN_TEST_EXAMPLES", "100"))
PIECES = st.sampled_from(
    [":", "- ", "[", "]", "{", "}", "&a ", "*a", "!!python/name:os ", "<<: *a", "\t", "\n", "? ", "| "]
)
VALUES = st.sampled_from(
    ["1e400", ".inf", ".nan", "-1", "null", "no", "010", "9" * 30, "''", "2001-01-01", "\x00", "\ufeff"]
)


@pytest.mark.fault(row=2)
@rounds(max_examples=NUM_EXAMPLES, deadline=2000)
@given(
    st.lists(
        st.tuples(st.integers(0, len(SUITE)), st.integers(0, 20), PIECES | VALUES | st.text(max_size=5)), max_size=6
    )
)
def test_a_damaged_suite_is_a_suite_or_a_config_error(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int, str]]
) -> None:
    text = SUITE
    for position, removed, inserted in changes:
        text = text[:position] + inserted + text[position + removed :]
    path = tmp_path_factory.mktemp("fuzz", numbered=True) / "suite.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with contextlib.suppress(ConfigError):
        load_suite(path)


@pytest.mark.fault(row=1)
@rounds(max_examples=NUM_EXAMPLES, deadline=2000)
@given(st.text(max_size=200))
def test_any_text_is_a_suite_or_a_config_error(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "suite.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(ConfigError):
        load_suite(path)


def test_every_setting_is_documented_in_the_schema() -> None:
    schema = json_schema()
    entry = schema["$defs"]["GanEntry"]["properties"]
    assert {"type": "integer", "minimum": 1} in entry["hidden_dim"]["anyOf"]
    for settings in (VaeSettings, GanSettings):
        own = set(settings.model_fields) - {"model"}
        properties = schema["$defs"][settings.__name__.replace("Settings", "Entry")]["properties"]
        assert all(properties[name].get("description") for name in own)


def test_schema_file_is_up_to_date() -> None:
    kept = json.loads((ROOT / "experiments.schema.json").read_text(encoding="utf-8"))
    assert kept == json_schema(), "run: reportgen schema > experiments.schema.json"


def test_the_suite_of_the_seeds_is_the_homework_three_times() -> None:
    seeds, homework = load_suite(ROOT / "docs" / "seeds.yaml"), load_suite(ROOT / "experiments.yaml")
    wanted = {settings for group in seeds.groups for settings in group.settings}
    assert wanted <= {settings for group in homework.groups for settings in group.settings}
    assert (len(wanted), seeds.seeds) == (3, (0, 1, 2))
