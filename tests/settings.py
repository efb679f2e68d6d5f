"""The product's settings over a data folder of the test run's own, whatever the environment says."""

import atexit
import os
import shutil
import tempfile
from string import ascii_lowercase

from django.middleware import csrf

for name in ("DEMO", "SITE_URL", "REDIS_URL", "SMS_TRANSPORT", "EMAIL_URL"):
    os.environ.pop(name, None)
os.environ["DEBUG"] = "true"
# xdist's workers inherit the environment of the process that started them, but not its folder.
os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="rofim-tests-")

atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)

from rofim.settings import *  # noqa: E402, F403

# A file, as in the product: an in-memory database would hide every race.
DATABASES["default"]["TEST"] = {"NAME": os.path.join(os.environ["DATA_DIR"], "test.sqlite3")}  # noqa: F405
# A fast hash: no test measures the real one.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# The 64 random letters in every form would now and then spell an access code, which tests look for in pages.
csrf.CSRF_ALLOWED_CHARS = ascii_lowercase
