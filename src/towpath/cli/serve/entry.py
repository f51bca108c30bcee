"""`towpath serve`: flags in, a server that runs."""

import typer

from towpath.cli.flags import arguments_from, settings_from, with_settings_flags


@with_settings_flags
def serve(
    *,
    supervise: bool = typer.Option(
        False, "--supervise", help="Restart the server when it crashes; requests wait meanwhile."
    ),
    **flags: object,
) -> None:
    """Run the server, with your own Claude access.

    Example: towpath serve --port 4000 --supervise
    """
    from towpath.cli.serve.command import serve_supervised, serve_until_stopped  # loads uvicorn

    settings = settings_from(flags)
    if supervise:
        serve_supervised(settings, arguments_from(flags))
    serve_until_stopped(settings)
