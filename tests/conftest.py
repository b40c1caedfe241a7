"""Settings for the whole suite; being here also lets every test import the modules beside it."""

import os

from hypothesis import settings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
settings.register_profile("course", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("course")
