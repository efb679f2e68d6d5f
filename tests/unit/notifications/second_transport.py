"""Another SMS transport, with an outbox of its own, for tests of a chain."""

from importlib.util import find_spec, module_from_spec

# The same code loaded once more: its lists are others.
_spec = find_spec("tests.unit.notifications.transport")
_copy = module_from_spec(_spec)
_spec.loader.exec_module(_copy)
sent, found, asked, answers = _copy.sent, _copy.found, _copy.asked, _copy.answers
reset, send, find = _copy.reset, _copy.send, _copy.find
