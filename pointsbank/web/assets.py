"""Static files as they go over the wire: small, under addresses that change when they do."""

import gzip
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

_TEXTS = frozenset({".css", ".js", ".svg", ".wasm"})
_FOR_EVER = "public, max-age=31536000, immutable"


def register(app: Flask, folder: Path) -> None:
    _stamp(app, folder)

    @app.after_request
    def _squeeze(response: Response) -> Response:
        if request.endpoint != "static" or response.status_code not in {200, 304}:
            return response
        if "v" in request.args:
            response.headers["Cache-Control"] = _FOR_EVER
        path = folder / (request.view_args or {})["filename"]
        if path.suffix not in _TEXTS:
            return response
        response.vary.add("Accept-Encoding")
        if response.status_code == 200 and request.accept_encodings["gzip"]:
            response.direct_passthrough = False
            response.set_data(_squeezed(path, path.stat().st_mtime_ns))
            response.content_encoding = "gzip"
        return response


@lru_cache(maxsize=256)
def _squeezed(path: Path, _changed_ns: int) -> bytes:
    """Done once a file and process: half a millisecond a file, 60 for the decoder of codes."""
    return gzip.compress(path.read_bytes(), 9, mtime=0)


def _stamp(app: Flask, folder: Path) -> None:
    """A static file's address changes when the file does, so that browsers may keep it."""
    stamps: dict[str, str] = {}

    @app.url_defaults
    def _version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and (name := values.get("filename")):
            if name not in stamps:
                stamps[name] = format(int((folder / name).stat().st_mtime), "x")
            values["v"] = stamps[name]
