"""Figures drawn with matplotlib from series and labels, in one style, without files or pyplot state."""
