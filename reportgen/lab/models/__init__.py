"""Modules with their losses beside them."""
