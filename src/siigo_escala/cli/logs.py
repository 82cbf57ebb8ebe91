"""Logs: one line an event on standard error, everything with its traceback in $SIIGO_ESCALA_HOME/logs.

Standard error gets JSON lines where it is no terminal; tracebacks reach it at DEBUG only.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from siigo_escala.cli import output

if TYPE_CHECKING:
    from siigo_escala.config.env import Environment

_LARGEST = 5_000_000
Event = MutableMapping[str, Any]


def configure(environment: Environment) -> None:
    """Sends structlog, and whatever libraries log, where it belongs."""
    level = logging.getLevelNamesMapping()[environment.log_level]
    keep = _Kept(environment.home / "logs")
    tail: list[Any] = [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    if not sys.stderr.isatty():
        tail = [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            keep,
            _level_of(level),
            *([] if level <= logging.DEBUG else [_cause_alone]),
            *tail,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(min(level, logging.WARNING)),
        logger_factory=lambda *_: _Printed(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # Below that, libraries tell of every request with its address, and so of customers it asks for.
    of_libraries = max(level, logging.WARNING)
    logging.root.handlers = [_Bridge(of_libraries)]
    logging.root.setLevel(of_libraries)


def unforeseen(event: str, problem: BaseException, **data: str) -> None:
    """Logs what nobody foresaw, with its traceback in the file; never fails itself."""
    if not structlog.is_configured():
        return
    try:
        structlog.get_logger().error(event, exc_info=problem, **data)
    except OSError:
        pass


def _level_of(level: int) -> Any:
    """Drops what is below the level that standard error shows; the file has it by then."""

    def dropped(_logger: Any, method: str, event: Event) -> Event:
        if logging.getLevelNamesMapping().get(method.upper(), logging.ERROR) < level:
            raise structlog.DropEvent
        return event

    return dropped


def _cause_alone(_logger: Any, _method: str, event: Event) -> Event:
    """One line with the cause in place of a traceback."""
    problem = event.pop("exc_info", None)
    if isinstance(problem, tuple):
        problem = problem[1]
    elif problem and not isinstance(problem, BaseException):
        problem = sys.exc_info()[1]
    if isinstance(problem, BaseException):
        event["cause"] = f"{type(problem).__name__}: {' '.join(str(problem).split())[:300]}"
    event.pop("stack_info", None)
    return event


class _Kept:
    """Keeps every event with its traceback in a file; a file that cannot be written stops nothing."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "siigo-escala.log"
        self._lock = threading.Lock()
        self._render = structlog.processors.JSONRenderer(ensure_ascii=False, default=str)

    def __call__(self, logger: Any, method: str, event: Event) -> Event:
        whole = structlog.processors.format_exc_info(logger, method, dict(event))
        line = self._render(logger, method, whole)
        try:
            with self._lock:
                self._path.parent.mkdir(exist_ok=True, mode=0o700)
                if self._path.exists() and self._path.stat().st_size > _LARGEST:
                    self._path.replace(self._path.with_suffix(".log.1"))
                with self._path.open("a", encoding="utf-8", errors="backslashreplace") as stream:
                    stream.write(f"{line if isinstance(line, str) else line.decode()}\n")
        except OSError:
            pass
        return event


class _Printed(structlog.PrintLogger):
    """Standard error, which may have no reader any more."""

    def msg(self, message: str) -> None:
        """A line."""
        with output.beside():
            super().msg(message)

    debug = info = warning = error = critical = exception = msg


class _Bridge(logging.Handler):
    """What libraries log by the standard library goes the same way."""

    def emit(self, record: logging.LogRecord) -> None:
        """Passes a record on."""
        log = structlog.get_logger()
        log.log(
            max(record.levelno, logging.DEBUG),
            record.getMessage(),
            logger=record.name,
            exc_info=record.exc_info or None,
        )
