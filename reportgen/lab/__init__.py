"""The wing that trains models and measures them; it imports torch."""
