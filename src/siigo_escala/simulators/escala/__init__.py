"""A local Escala that keeps state, with every doubt about the real one as a switch."""

from siigo_escala.simulators.escala.simulator import DEFAULT_KEY, EscalaSimulator

__all__ = ["DEFAULT_KEY", "EscalaSimulator"]
