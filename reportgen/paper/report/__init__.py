"""Construction of a :class:`~reportgen.paper.report.model.Report` in one language from results."""
