"""Message catalogues and the formats of numbers: one id per message, one catalogue per language."""
