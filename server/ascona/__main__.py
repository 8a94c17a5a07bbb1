"""`python -m ascona` is the command line."""

from ascona.cli import main

main()
