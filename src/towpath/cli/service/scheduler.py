"""Windows: a task of the Task Scheduler that starts when the user logs on."""

from html import escape
from subprocess import list2cmdline

from towpath.cli.service.definition import LINES, File, Place, Service, Step, filled
from towpath.python import python_command

TASK = "Towpath"

_UNAVAILABLE = "schtasks, the tool of the Task Scheduler, cannot be run here."
_NOTE = "The service runs while you are logged on."


def scheduler_service(place: Place) -> Service:
    """The task; its description is kept beside Towpath's other files."""
    log = str(place.config_dir / "towpath.log")
    # A task has neither an environment nor a log; the launcher sees to both. pythonw opens no window.
    python = str(place.python.with_name("pythonw.exe"))
    files = (str(place.environment_file), str(place.secrets_file))
    command, *words = python_command("-m", "towpath.cli.service.start", "--log", log, *files, python=python)
    text = filled(
        f"{TASK}.xml",
        user=escape(place.user),
        command=escape(command),
        arguments=escape(list2cmdline(words)),
        home=escape(str(place.home)),
    )
    path = place.config_dir / f"{TASK}.xml"
    end = _schtasks("/End", "/TN", TASK, may_fail=True)
    run = _schtasks("/Run", "/TN", TASK)
    read = f"Get-Content -Encoding UTF8 -Tail {LINES} -LiteralPath {powershell_word(log)}"
    return Service(
        title=f"task {TASK}",
        file=File(path, text, encoding="utf-16"),  # what schtasks itself writes
        probe=_schtasks("/?"),
        unavailable=_UNAVAILABLE,
        load=(_schtasks("/Create", "/TN", TASK, "/XML", str(path), "/F"), end, run),
        start=(run,),
        stop=(end, _schtasks("/Delete", "/TN", TASK, "/F", may_fail=True)),
        status=_schtasks("/Query", "/TN", TASK, "/V", "/FO", "LIST"),
        logs=_powershell(read),
        restart=f"schtasks /End /TN {TASK} & schtasks /Run /TN {TASK}",
        follow=_powershell(f"{read} -Wait"),
        note=_NOTE,
    )


def powershell_word(text: str) -> str:
    """A text that PowerShell takes as it is."""
    return "'{}'".format(text.replace("'", "''"))


def _schtasks(*words: str, may_fail: bool = False) -> Step:
    return Step(("schtasks", *words), may_fail=may_fail)


def _powershell(command: str) -> Step:
    return Step(("powershell", "-NoProfile", "-Command", command))
