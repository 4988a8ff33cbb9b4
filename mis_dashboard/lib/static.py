"""How static files are stored outside development."""

from pathlib import Path

from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage


class OnceCompressor(Compressor):
    """Compresses a file once: a hashed name stands for the same bytes for ever, and brotli takes its time."""

    def compress(self, path: str) -> list[str]:
        done = [name for suffix in (".br", ".gz") if Path(name := path + suffix).exists()]
        return done or super().compress(path)


class Storage(CompressedManifestStaticFilesStorage):
    """Hashed names, also inside JavaScript modules, and compressed copies.

    A name missing from the manifest is served as it is, not as an error."""

    manifest_strict = False
    keep_only_hashed_files = True
    support_js_module_import_aggregation = True

    def create_compressor(self, **kwargs) -> Compressor:
        return OnceCompressor(**kwargs)
