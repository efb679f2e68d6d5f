#!/usr/bin/env python
"""Django's command line; the only place that turns DEBUG on, and only where nothing else is said."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rofim.settings")
    if sys.argv[1:2] == ["demo"]:
        # The demonstration has its own folder and secrets, which must stand before the settings are read.
        from rofim.demo.environment import prepare

        prepare(sys.argv[2:])
    os.environ.setdefault("DEBUG", "true")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
