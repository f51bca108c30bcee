"""OpenCode's configuration: where it is, what is in it, and changes that leave the rest as it was.

- ``config_files``: the files that it reads, weakest first. ``config``: what Towpath writes into them.
- ``jsonc``, ``jsonc_edit``: JSON with comments, read and changed without touching anything else.
- ``towpath.ts``: the plugin that OpenCode loads.
"""
