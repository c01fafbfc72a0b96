"""The program's entrance, also as `python -m connector …`. Ctrl-C is no error, not even while the rest still loads."""

import sys


def main() -> None:
    try:
        from connector.cli.main import main as run  # noqa: PLC0415 - loading takes a moment, and may be interrupted

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
