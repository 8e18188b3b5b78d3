#!/usr/bin/env python
import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError
from psycopg_pool import PoolTimeout

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fashionos.settings")
    # What an operator can mend is a sentence; where in the code it was found, --traceback shows.
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        if "--traceback" in sys.argv:
            raise
        sys.exit(str(error))
    except OperationalError as error:
        if "--traceback" in sys.argv or not isinstance(error.__cause__, PoolTimeout):
            raise
        sys.exit(
            f"The database cannot be reached: {error}. Is DATABASE_URL right, and does its server run?"
        )
