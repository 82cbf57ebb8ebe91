"""`python -m siigo_escala`: the command line without its script, as `run` starts its own processes."""

from siigo_escala.cli.main import main

if __name__ == "__main__":
    main()
