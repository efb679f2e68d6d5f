"""Static files of production: hashed names, also inside ES modules."""

from collections.abc import Callable
from re import Match

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleManifestStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Rewrites `import … from "./x.js"` to the hashed name, so that modules may be cached for ever."""

    support_js_module_import_aggregation = True

    def url_converter(self, name: str, *args, **kwargs) -> Callable[[Match], str]:
        """Only our own modules: comments of htmx's extensions say `import("../htmx")` and would stop collectstatic."""
        if name.endswith(".js") and not name.startswith("js/"):
            return lambda match: match[0]
        return super().url_converter(name, *args, **kwargs)
