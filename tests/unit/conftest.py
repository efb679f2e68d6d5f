"""The same examples of hypothesis in every run, however slow the machine."""

from hypothesis import HealthCheck, settings

settings.register_profile("rofim", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("rofim")
