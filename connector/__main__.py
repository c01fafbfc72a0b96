"""`python -m connector …`: the command line where the project runs without being installed."""

from connector.cli.main import main

main()
