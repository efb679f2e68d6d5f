"""The administration of accounts: the queue of registrations, who may log in, the trail. No patient appears here."""

from accounts.admin.audit import AuditEventAdmin
from accounts.admin.practitioners import PractitionerAdmin
from accounts.admin.users import UserAdmin

__all__ = ["AuditEventAdmin", "PractitionerAdmin", "UserAdmin"]
