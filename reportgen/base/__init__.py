"""Foundations of all other packages: errors, files, child processes, downloads."""
