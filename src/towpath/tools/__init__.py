"""The tools that run here when the client does not run them: read, write, edit, bash, glob, grep.

- ``toolbox``: the tools by name; checks arguments, runs, turns every refusal into words for the model.
- ``arguments``: what each tool takes, and what the model is told about it. ``values``: what a call gives.
- ``workspace``: opens files below one folder and nowhere else; ``repositories``: which stay as they are.
- ``reading``, ``writing``, ``editing``, ``walking``: files.
- ``finding``, ``searching``: by name, by content, with ``patterns``, ``matching``, ``regex_program``.
- ``commands``, ``ending``, ``watcher``: processes. ``output``: what is kept of what they print.
- ``deadline``: when a call is over.

Knows files and processes; nothing of MCP, HTTP or the rest of the program.
"""

from towpath.tools.toolbox import Toolbox
from towpath.tools.values import Image, Result, Text, Tool
from towpath.tools.workspace import is_supported

__all__ = ["Image", "Result", "Text", "Tool", "Toolbox", "is_supported"]
