"""The top of the package: what a notebook may import, and what that costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

import labkit


@pytest.mark.parametrize("name", labkit.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(labkit, name) is not None


def test_a_wrong_name_lists_the_right_ones() -> None:
    with pytest.raises(ImportError, match="cannot import name 'chekc'"):
        from labkit import chekc  # type: ignore[attr-defined] # noqa: F401
    with pytest.raises(AttributeError, match="it has Endpoint, "):
        _ = labkit.chekc  # type: ignore[attr-defined]


def test_importing_what_a_lab_imports_loads_nothing_heavy() -> None:
    code = (
        "import sys, time; started = time.process_time(); from labkit import check, hint, start, part, Endpoint; "
        "print(time.process_time() - started); "
        "heavy = 'pandas numpy plotly docker testcontainers influxdb_client ipywidgets nbclient'.split(); "
        "print([name for name in heavy if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()
    assert out[1] == "[]"
    assert float(out[0]) < 1.0  # 0.1 s on a quiet machine; the list above is the real promise
