"""The administration: the queue of registrations, who may log in, deliveries, the trail. No patient appears here."""

from accounts.admin.audit import AuditEventAdmin
from accounts.admin.deliveries import OutgoingMessageAdmin
from accounts.admin.practitioners import PractitionerAdmin
from accounts.admin.users import UserAdmin

__all__ = ["AuditEventAdmin", "OutgoingMessageAdmin", "PractitionerAdmin", "UserAdmin"]
