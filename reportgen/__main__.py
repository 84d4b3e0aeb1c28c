"""Entry point of ``python -m reportgen``."""

from reportgen.cli.commands import main

main()
