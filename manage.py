#!/usr/bin/env python
"""Django's command line, for this project."""

import os
import sys


def main() -> None:
    """Runs the command named on the command line under the project's settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except KeyboardInterrupt:
        sys.exit(130)  # Ctrl-C is an answer, not an error with a trace


if __name__ == "__main__":
    main()
