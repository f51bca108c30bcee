"""`towpath top`: the page's account of what happens, in a terminal.

- ``command``: the command. ``reading``: activity over HTTP. ``picture``: what is drawn;
  ``tables``, ``figures``: of what. ``keys``: q quits.
"""
