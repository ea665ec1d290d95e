"""The command `labkit`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from labkit.errors import KitError, StudentError


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="labkit", description="The IoT house course. Begin with `labkit lab`: it opens the first lab.",
        epilog="`labkit COMMAND --help` lists the options of a command.",
    )
    commands = parser.add_subparsers(title="commands", dest="command", required=True, metavar="COMMAND")

    lab = commands.add_parser("lab", help="open a lab in JupyterLab", description="Open a lab in JupyterLab.")
    lab.add_argument("number", metavar="LAB", nargs="?", default="01", help="01 to 10 (default: 01)")
    lab.add_argument("--port", type=int, help="TCP port (default: a free one)")
    lab.add_argument("--no-browser", action="store_true", help="only print the address, for a machine without a screen")

    doctor = commands.add_parser(
        "doctor",
        help="say which labs can run on this machine, and what is missing",
        description="Say which labs can run on this machine, what each service of the course (MQTT broker, databases, "
        "…) would run on, and the command that gets what is missing. Nothing is started.",
    )
    doctor.add_argument("--json", action="store_true", help="for machines")

    up = commands.add_parser(
        "up",
        help="run the finished house, or some of its systems",
        description="Run the finished house: servers, services and simulated devices, on what this machine has. What "
        "runs where is shown until Ctrl-C stops it.",
    )
    up.add_argument("systems", nargs="*", metavar="SYSTEM", help="home, esp32, f2, meter, shelly (default: all)")
    up.add_argument("--for", dest="duration", metavar="TIME",
                    help="stop by itself, so long after everything has started: 30s, 5m")
    up.add_argument("--json", action="store_true",
                    help="for machines: print one status document and end; exit status 1 if not all is well")
    up.add_argument("--mine", action="store_true", help="run your own parts of the house in place of the reference")
    up.add_argument("--devices", type=int, metavar="N", help="simulated devices of each kind")
    up.add_argument("--speed", type=float, default=1.0, metavar="X",
                    help="how many simulated seconds pass in a real one (default: 1)")
    up.add_argument("--seed", type=int, default=1, metavar="N", help="another number, other measurements (default: 1)")
    up.add_argument("--without", default="", metavar="SERVERS",
                    help="servers to leave out, separated by commas: grafana,nginx")
    up.add_argument("--env-file", type=Path, metavar="FILE",
                    help="write the servers' addresses to a file, as variables by which notebooks use these servers")

    check = commands.add_parser(
        "check",
        help="run a whole lab, with your answers, and show its scores",
        description="Run a lab's notebook from top to bottom in a new kernel, with your answers as they are saved, and "
        "show scores and hints. The notebook stays as it is. The exit status is 0 if every exercise has all points.",
    )
    check.add_argument("number", metavar="LAB", help="01 to 10")
    check.add_argument("notebook", metavar="NOTEBOOK", nargs="?", type=Path,
                       help="another notebook than that of the lab in labs/")
    check.add_argument("--json", action="store_true", help="for machines")

    house = commands.add_parser(
        "house",
        help="show which parts of the house are yours",
        description="Show which parts of the house you have written, which are still the course's reference, and where "
        "yours are saved.",
    )
    house.add_argument("--json", action="store_true", help="for machines")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: the words after `labkit`; those of the process if not given.

    Returns:
        The exit status: 0 all is well, 1 it is not, 2 the command was wrong.
    """
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except StudentError as error:
        print(f"labkit: {error}", file=sys.stderr)
        return 2
    except KitError as error:
        print(f"labkit: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(options: argparse.Namespace) -> int:
    # Each command imports what it needs and no more: `labkit doctor` must not wait for pandas.
    if options.command == "lab":
        from labkit.launcher import open_lab

        return open_lab(options.number, port=options.port, browser=not options.no_browser)
    if options.command == "doctor":
        from labkit.services import doctor

        return doctor.main(json=options.json)
    if options.command == "up":
        from labkit.up import up

        return up(
            options.systems, json=options.json, duration=options.duration, mine=options.mine, devices=options.devices,
            speed=options.speed, seed=options.seed, without=options.without, env_file=options.env_file,
        )
    if options.command == "check":
        from labkit.notebook_run import check_lab

        return check_lab(options.number, notebook=options.notebook, json=options.json)
    from labkit import house

    return house.main(json=options.json)


if __name__ == "__main__":
    sys.exit(main())
