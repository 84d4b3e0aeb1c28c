"""Frames and labels -> matplotlib figures. No files, no pyplot state, one style."""
