"""What the program must reach, measured on this machine: `python3 run.py bench`."""
