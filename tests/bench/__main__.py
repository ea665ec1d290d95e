"""Run every measurement: `make bench`. Numbers are rates and ratios of one run on one machine, never asserted."""

from __future__ import annotations

import importlib
import pkgutil

import tests.bench

found = (each.name for each in pkgutil.iter_modules(tests.bench.__path__))
for module in sorted(name for name in found if name.startswith("bench_")):
    print(f"\n== {module.removeprefix('bench_')}", flush=True)
    importlib.import_module(f"tests.bench.{module}").main()
