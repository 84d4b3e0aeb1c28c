"""Tables and findings computed from records. All rankings, tests and verdicts of a report are made here."""
