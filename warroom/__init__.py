"""Warroom runs a software launch from one file."""

__version__ = "0.1.0"
