"""The child process that runs WeasyPrint: ``python -m reportgen.paper.rendering.weasyprint_child JOB.json``.

It loads only what is embedded in the page, and fails if a character has no glyph.
"""

from __future__ import annotations

import base64
import gc
import json
import logging
import sys
from datetime import datetime
from pathlib import Path
from typing import Any


class _Problems(logging.Handler):
    """Log handler that collects WeasyPrint's warnings."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def render(job: dict[str, Any]) -> list[str]:
    """Write the PDF of a job; return WeasyPrint's warnings."""
    from weasyprint import HTML, Attachment
    from weasyprint.urls import URLFetcher

    problems = _Problems()
    logger = logging.getLogger("weasyprint")
    logger.handlers = [problems]
    created = datetime.fromisoformat(job["created"])
    fetcher = URLFetcher(allowed_protocols=["data"], fail_on_errors=True)
    attachments = [
        Attachment(
            string=base64.b64decode(item["content"]),
            name=item["name"],
            description=item["description"],
            created=created,
            modified=created,
            relationship="Data",
        )
        for item in job["attachments"]
    ]
    document = HTML(string=job["html"], url_fetcher=fetcher).render()
    document.metadata.attachments = attachments
    document.write_pdf(job["target"], pdf_variant="pdf/ua-1", pdf_tags=True, optimize_images=False)
    return problems.messages


def main() -> None:
    """Run the job in the file that the command line names; exit with status 1 on a missing glyph or resource."""
    gc.disable()  # collecting garbage takes a tenth of the time of this short process and frees only 20 MB
    messages = render(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    serious = [message for message in messages if ".notdef" in message or "Failed to load" in message]
    for message in messages:
        sys.stderr.write(f"{message}\n")
    if serious:
        sys.exit(1)


if __name__ == "__main__":
    main()
