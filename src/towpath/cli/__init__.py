"""The commands: settings from a terminal, words for a person. The only package that imports Typer."""
