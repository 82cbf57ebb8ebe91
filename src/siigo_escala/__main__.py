"""Where every command begins: `siigo-escala`, or `python -m siigo_escala` as `run` starts its processes."""

import os
import signal
import sys


def main() -> None:
    """What a signal means while the command line is still being imported; then the command line."""
    if "SIIGO_ESCALA_STARTED_BY_RUN" in os.environ:
        # Ctrl-C reaches the whole group: whoever started this process asks it to end. Until it listens
        # itself, it must not die of it in the middle of an import.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    elif sys.argv[1:2] == ["demo"]:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _over)
        if hasattr(signal, "pthread_sigmask"):
            # run.py holds them back until somebody listens.
            signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT, signal.SIGTERM))
    from siigo_escala.cli import main as command_line  # noqa: PLC0415 - after what is said above

    command_line.main()


def _over(_number: int, _frame: object) -> None:
    """The demonstration has begun nothing yet, so there is nothing to be cleared away."""
    os._exit(0)


if __name__ == "__main__":
    main()
