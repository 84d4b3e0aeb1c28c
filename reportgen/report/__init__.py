"""Results and a language -> one :class:`~reportgen.report.model.Report`, exactly what the templates see."""
