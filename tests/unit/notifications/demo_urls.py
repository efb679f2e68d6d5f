"""rofim/urls.py as it is with DEMO=true."""

from django.urls import include, path

from rofim.urls import (  # noqa: F401
    handler400,
    handler403,
    handler404,
    handler500,
)
from rofim.urls import (
    urlpatterns as product_urlpatterns,
)

urlpatterns = [*product_urlpatterns, path("demo/", include("rofim.demo.urls"))]
