"""`python -m labkit.embedded.influx`: the embedded InfluxDB engine as a process of its own."""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
import threading
from pathlib import Path

from labkit.errors import KitError


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m labkit.embedded.influx",
        description="An InfluxDB v2 compatible server on 127.0.0.1 for courses and tests. When it listens, it prints "
                    'one line of JSON, {"port": …}. Without a token it waits for POST /api/v2/setup.',
    )
    parser.add_argument("--port", type=int, default=0, help="TCP port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--token", default="", help="a token that may do everything")
    parser.add_argument("--token-file", type=Path, help="read the token from here: other users cannot list a file")
    parser.add_argument("--org", default="iot-org", help="name of the organization")
    parser.add_argument("--bucket", default="iot-metrics", help="name of the first bucket")
    parser.add_argument("--username", default="lab", help="name of the user")
    parser.add_argument("--directory", type=Path, help="keep everything here; without it, in memory only")
    parser.add_argument("--announce", type=Path, help="also write the line to this file")
    return parser.parse_args()


def _warm_up() -> None:
    """Import what the first query needs while nobody waits for it."""
    import labkit.embedded.influx.api.extern
    import labkit.embedded.influx.flux.query
    import labkit.embedded.influx.storage  # noqa: F401


def main() -> int:
    """Run the server until the process is ended."""
    options = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")

    from labkit.embedded.influx.engine import Engine
    from labkit.embedded.influx.server import make_server
    from labkit.embedded.influx.tasks.scheduler import Scheduler

    try:
        token = options.token_file.read_text(encoding="utf-8").strip() if options.token_file else options.token
        engine = Engine(options.directory)
    except (KitError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    if token:
        engine.set_up(user=options.username, org=options.org, bucket=options.bucket, token=token)
    scheduler = Scheduler(engine)
    try:
        server = make_server(engine, scheduler, options.port)
    except (OSError, OverflowError) as error:
        print(f"cannot listen on 127.0.0.1:{options.port}: {error}", file=sys.stderr)
        engine.close()
        return 1
    line = json.dumps({"port": int(server.effective_port)})
    try:
        if options.announce:
            part = options.announce.with_name(options.announce.name + ".part")
            part.write_text(line + "\n", encoding="utf-8")
            part.replace(options.announce)  # so that nobody reads half of it
        print(line, flush=True)
        scheduler.start()
        threading.Thread(target=_warm_up, daemon=True).start()
        server.run()
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        scheduler.stop()
        server.close()
        engine.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
