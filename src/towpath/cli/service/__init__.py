"""`towpath service`: Towpath in the background, as the platform's own service manager runs programs.

- ``command``: the commands. ``changes``: installing and uninstalling; ``steps``: running the manager's tools.
- ``definition``: a service as a value; ``systemd`` and ``launchd`` make one each.
- ``environment``: the settings that it takes along. ``start``: what the manager starts.
"""
