"""The steps of a registration in order: which one can be opened, its form, what all of them say."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from accounts.forms.registration import AccessForm, DocumentForm, PracticeForm, YouForm
from accounts.models import Registration

YOU, PRACTICE, DOCUMENT, ACCESS = "vous", "cabinet", "piece", "acces"
ORDER = (YOU, PRACTICE, DOCUMENT, ACCESS)


class Steps:
    """Of one registration; of None, nothing is filled in yet."""

    def __init__(self, draft: Registration | None):
        self.typed: dict[str, str] = draft.typed if draft else {}
        self.has_document = bool(draft and draft.identity_document)
        self._filled = {YOU: YouForm(self.typed), PRACTICE: PracticeForm(self.typed)}

    def reached(self) -> str:
        """The first step that is not complete: those after it can't be opened."""
        complete = {name: form.is_valid() for name, form in self._filled.items()} | {DOCUMENT: self.has_document}
        return next(name for name in ORDER if not complete.get(name, False))

    def can_open(self, name: str) -> bool:
        return name in ORDER and ORDER.index(name) <= ORDER.index(self.reached())

    def after(self, name: str) -> str:
        """The step that follows `name`."""
        return ORDER[ORDER.index(name) + 1]

    def before(self, name: str) -> str:
        """The step before `name`; empty for the first."""
        return "" if name == YOU else ORDER[ORDER.index(name) - 1]

    def answers(self) -> dict[str, Any]:
        """What « Vous » and « Votre cabinet » say, cleaned."""
        return {
            key: value
            for form in self._filled.values()
            for key, value in (form.cleaned_data if form.is_valid() else {}).items()
        }

    def form(
        self, name: str, data: QueryDict | None = None, files: MultiValueDict | None = None
    ) -> YouForm | PracticeForm | DocumentForm | AccessForm:
        """The form of a step: of what is posted, otherwise of what was typed before."""
        options: dict[str, Any] = {"initial": self.typed}
        if name == ACCESS:
            options["person"] = self.answers()
        kind: Any = {YOU: YouForm, PRACTICE: PracticeForm, DOCUMENT: DocumentForm, ACCESS: AccessForm}[name]
        form: forms.Form = kind(data, files, **options)
        if name == DOCUMENT and self.has_document:
            # Another one may replace it.
            form.fields["identity_document"].required = False
        return form  # type: ignore[return-value]
