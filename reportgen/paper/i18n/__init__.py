"""Message catalogues, one per language with shared message ids, and the formats of numbers, lists and dates."""
