"""PlatformIO runs this before a build: the files that lab 03 teaches, from the folder `custom_part`, come into it.

Their objects go into a folder of the environment's own: `build_src_filter` would put those of files outside the project
where all environments share them, that of this computer and that of the board.
"""

from pathlib import Path

Import("env")  # type: ignore[name-defined]  # noqa: F821 - PlatformIO's way to hand it over

project = Path(env.subst("$PROJECT_DIR"))  # type: ignore[name-defined]  # noqa: F821
part = (project / env.GetProjectOption("custom_part")).resolve()  # type: ignore[name-defined]  # noqa: F821
env.BuildSources("$BUILD_DIR/part", str(part))  # type: ignore[name-defined]  # noqa: F821
