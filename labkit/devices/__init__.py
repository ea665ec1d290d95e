"""Simulated devices: what a student's code talks to when there is no hardware."""

from __future__ import annotations

from labkit.devices.board import SimulatedBoard, simulated_board
from labkit.devices.controllers import simulated_controllers
from labkit.devices.nodes import ROOMS, ReferenceNode, history, reference_node, telemetry
from labkit.devices.signals import Room, Sample

__all__ = ["ROOMS", "ReferenceNode", "Room", "Sample",
           "SimulatedBoard", "history", "reference_node", "simulated_board", "simulated_controllers",
           "telemetry"]
