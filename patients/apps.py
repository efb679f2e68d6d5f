from django.apps import AppConfig


class PatientsConfig(AppConfig):
    name = "patients"
    verbose_name = "Patients"

    def ready(self) -> None:
        from patients.deliveries import messages_changed  # models are loaded only after this module
        from rofim.notifications import listeners

        listeners.register(messages_changed)
