"""The wing that trains and measures; it imports torch."""
