"""The floors of coverage: one for each package."""

from scripts.coverage import FLOORS, ROOT


def test_each_package_with_tests_of_its_own_has_a_floor() -> None:
    packages = {init.parent.name for init in ROOT.glob("src/towpath/*/__init__.py")}

    assert set(FLOORS) == {name for name in packages if (ROOT / "tests" / name).is_dir()}
    assert packages - set(FLOORS) == {"settings"}  # which all tests use
