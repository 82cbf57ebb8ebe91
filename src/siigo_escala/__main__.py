"""`python -m siigo_escala`: the command line without its script, as `run` starts its own processes."""

import os
import signal

if __name__ == "__main__":
    if "SIIGO_ESCALA_STARTED_BY_RUN" in os.environ:
        # Ctrl-C reaches the whole group: whoever started this process asks it to end. Until it listens
        # itself, it must not die of it in the middle of an import.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    from siigo_escala.cli.main import main

    main()
