"""The demo's repository: two training programs, and a pull request that breaks them.

The files carry `.txt` behind their names, so that no tool takes them for modules of ours.
"""

from importlib.resources import files

PROGRAMS = ("train.py", "train_torch.py")


def base_files() -> dict[str, str]:
    """The main branch: both programs are sound."""
    return _read("base", ("README.md", *PROGRAMS))


def pull_request_files() -> dict[str, str]:
    """What the pull request changes."""
    return _read("pull_request", PROGRAMS)


def _read(folder: str, names: tuple[str, ...]) -> dict[str, str]:
    place = files(f"{__name__}.{folder}")
    return {name: place.joinpath(f"{name}.txt").read_text(encoding="utf-8") for name in names}
