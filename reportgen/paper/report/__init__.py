"""Results and a language -> one :class:`~reportgen.paper.report.model.Report`, exactly what the templates see."""
