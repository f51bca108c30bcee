"""What a forge and git's hooks are told is well-formed, and says what .ci/run says."""

import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


def test_the_hooks_are_the_static_checks() -> None:
    subprocess.run(("prek", "validate-config", ".pre-commit-config.yaml"), cwd=ROOT, check=True)
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    lines = (ROOT / ".ci/run").read_text().splitlines()
    checks = [line for line in lines if line.startswith("uv run --quiet") and not line.endswith("&")]
    hooks = [hook["entry"].replace(" --force-exclude", "") for hook in local["hooks"]]

    assert [check.replace(" --check", "") for check in checks] == hooks


def test_no_workflow_has_a_hole_that_is_known() -> None:
    subprocess.run(("zizmor", "--offline", "--quiet", ".github"), cwd=ROOT, check=True)


def test_each_form_for_a_fault_asks_for_what_finds_it() -> None:
    forms = set(ROOT.glob(".github/ISSUE_TEMPLATE/*.yml")) - {ROOT / ".github/ISSUE_TEMPLATE/config.yml"}
    for form in forms:
        body = yaml.safe_load(form.read_text())["body"]
        required = {field["id"] for field in body if field.get("validations", {}).get("required")}

        assert {"happened", "client", "doctor", "recording"} <= required, form
