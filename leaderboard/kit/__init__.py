"""Starter kits."""
