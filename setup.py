"""Where the packages lie.

`checks/`, `screens/` and `playbooks/` are folders of the top level; they are installed as `warroom.checks`,
`warroom.screens` and `warroom.playbooks`, so that a user's own `checks/` can never stand in for ours. The links in
`warroom/` do the same for a checkout.
"""

from setuptools import find_packages, setup

MAPPED = ("checks", "screens", "playbooks")


def packages() -> list[str]:
    """Every package to install, found in the tree: nothing has to be added here when a folder is new."""
    prefixes = tuple(f"warroom.{folder}" for folder in MAPPED)
    own = [name for name in find_packages(include=["warroom", "warroom.*"]) if not name.startswith(prefixes)]
    inner = [f"warroom.{folder}.{name}" for folder in MAPPED for name in find_packages(folder)]
    return [*own, *prefixes, *inner]


setup(packages=packages(), package_dir={f"warroom.{folder}": folder for folder in MAPPED})
