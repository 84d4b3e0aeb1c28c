"""Sentences about the data, each with the verdict that chose its wording, the values it prints and its evidence."""
