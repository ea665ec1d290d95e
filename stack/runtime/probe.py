"""Asks the service of this container for its health: the health check of the compose files, without curl."""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request


def main() -> int:
    """Return 0 when `/health` of HTTP_PORT answers 200, 1 otherwise; what it said goes to standard output."""
    url = f"http://127.0.0.1:{os.environ.get('HTTP_PORT', '')}/health"
    try:
        with urllib.request.urlopen(url, timeout=3) as answer:
            print(answer.read().decode())
            return 0
    except urllib.error.HTTPError as error:
        print(error.read().decode())
    except (OSError, ValueError) as error:
        print(f"{url}: {error}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
