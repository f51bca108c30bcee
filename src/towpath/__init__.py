"""Towpath: a local server that speaks the Anthropic Messages API and answers from the Claude Agent SDK."""

__version__ = "0.1.0"
