"""What a form is bound to: an empty POST is a form with errors, not a form that was never sent."""

from django.http import HttpRequest, QueryDict
from django.utils.datastructures import MultiValueDict


def posted(request: HttpRequest) -> QueryDict | None:
    """The data of a POST; None for any other method."""
    return request.POST if request.method == "POST" else None


def posted_files(request: HttpRequest) -> tuple[QueryDict, MultiValueDict] | tuple[None, None]:
    """Data and files of a POST; nothing for any other method."""
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)
