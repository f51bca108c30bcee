"""Machines and users that the service is made for; their paths have what each format must quote."""

from pathlib import Path, PurePosixPath

from towpath.cli.service.definition import Place

LINUX = Place(
    system="Linux",
    home=PurePosixPath("/home/a person"),
    xdg_config=PurePosixPath("/home/a person/.config"),
    config_dir=PurePosixPath("/home/a person/.config/towpath"),
    program=PurePosixPath("/home/a person/100% $HOME tools/bin/towpath"),
    python=PurePosixPath("/home/a person/100% $HOME tools/bin/python"),
    uid=1000,
    stop_seconds=60,
)
MAC = Place(
    system="Darwin",
    home=PurePosixPath("/Users/a person"),
    xdg_config=PurePosixPath("/Users/a person/.config"),
    config_dir=PurePosixPath("/Users/a person/Library/Application Support/towpath"),
    program=PurePosixPath("/Users/a person/R&D <tools>/bin/towpath"),
    python=PurePosixPath("/Users/a person/R&D <tools>/bin/python"),
    uid=501,
    stop_seconds=60,
)
PLACES = {place.system: place for place in (LINUX, MAC)}


def place_in(folder: Path, system: str) -> Place:
    """A place that can be written to, whatever the system is said to be."""
    home = folder / "a person"
    return Place(
        system=system,
        home=home,
        xdg_config=home / ".config",
        config_dir=home / ".config" / "towpath",
        program=home / "my tools" / "towpath",
        python=home / "my tools" / "python",
        uid=1000,
        stop_seconds=60,
    )
