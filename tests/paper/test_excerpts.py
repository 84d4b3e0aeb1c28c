from __future__ import annotations

from reportgen.paper.analysis.excerpts import cut_code

CODE = '''class Net(nn.Module):
    """A network."""

    def __init__(self, h: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(2, h),  # 2 -> h

            nn.Tanh(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the output."""
        return self.layers(x)


@torch.no_grad()
def draw(
    z: Tensor,
) -> Tensor:
    """Draw."""
    # in blocks

    @cache
    def part(z: Tensor) -> Tensor:
        return z

    return part(z)
'''


def test_a_class_is_cut_to_the_bodies_of_its_methods() -> None:
    assert cut_code(CODE, ["Net"]).splitlines() == [
        "# Net.__init__",
        "self.layers = nn.Sequential(",
        "    nn.Linear(2, h),",
        "    nn.Tanh(),",
        ")",
        "# Net.forward",
        "return self.layers(x)",
    ]


def test_a_function_keeps_its_head_but_no_docstring_comment_or_empty_line() -> None:
    assert cut_code(CODE, ["draw"]).splitlines() == [
        "@torch.no_grad()",
        "def draw(",
        "    z: Tensor,",
        ") -> Tensor:",
        "    @cache",
        "    def part(z: Tensor) -> Tensor:",
        "        return z",
        "    return part(z)",
    ]


def test_without_names_all_is_kept_and_of_unknown_names_nothing() -> None:
    assert cut_code(CODE) == cut_code(CODE, ["Net"]) + cut_code(CODE, ["draw"])
    assert cut_code(CODE, ["other"]) == ""
