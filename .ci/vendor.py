"""Copies wanted files of pinned npm packages to static/vendor/; ``--check`` re-checks sums offline.

Run by hand when a version changes:  python .ci/vendor.py
"""

import argparse
import base64
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

VENDOR = Path(__file__).resolve().parent.parent / "static" / "vendor"
LOCK = VENDOR / "vendor.lock.json"


@dataclass(frozen=True, slots=True)
class Package:
    """One npm package by exact version and by the registry's sum of its archive."""

    name: str
    version: str
    integrity: str
    files: tuple[str, ...]  # inside the archive, below package/

    @property
    def folder(self) -> Path:
        return VENDOR / f"{self.name.rpartition('/')[2]}-{self.version}"


RARE = (
    *(f"B-{number:02}" for number in range(1, 43)),
    *(f"C-{number}" for number in range(1, 6)),
    "D",
    *(f"E-{number}" for number in range(1, 7)),
    *(f"F-{number}" for number in range(1, 9)),
)

PACKAGES = (
    Package(
        "htmx.org",
        "2.0.11",
        "sha512-Thx/WtpeOQqSrqBCw/A1cwGJGg4UrVa3+sW0GmrM3p4gJgO89ecH4qtbnyzDDWFvBTqjnIMCgELTNt636dtamA==",
        ("dist/htmx.min.js", "LICENSE"),
    ),
    Package(
        "@picocss/pico",
        "2.1.1",
        "sha512-kIDugA7Ps4U+2BHxiNHmvgPIQDWPDU4IeU6TNRdvXQM1uZX+FibqDQT2xUOnnO2yq/LUHcwnGlu1hvf4KfXnMg==",
        ("css/pico.min.css", "LICENSE.md"),
    ),
    Package(
        "zxing-wasm",
        "3.1.4",
        "sha512-1+v8p7sauddySVNG+ye7GD/0TS95BG2ycdkrC+EnBrFBFkHeIghzUt2yVjtx3NucJeNrQnhT8yGAIz60Vx9o0w==",
        ("dist/iife/reader/index.js", "dist/reader/zxing_reader.wasm", "LICENSE"),
    ),
    Package(  # for print: the characters of names beyond what Noto Sans SC has
        "hanamin",
        "0.0.5",
        "sha512-QqPz1wsSEiQRp0EEaz2+YfwjtRSthy7XxTSvUzn508JLq7/fVTKaOCufu+Evx+sX+PalH5su5+d19+kXgZQLRA==",
        (
            *(f"HanaMinB.CJK-Unified-Ideographs-Extension-{piece}.woff2" for piece in RARE),
            "LICENSE",
        ),
    ),
)


def fill() -> None:
    """Fetch every package, check its archive, copy its files and write the lock."""
    for package in PACKAGES:
        with tempfile.TemporaryDirectory() as folder:
            archive = _packed(package, Path(folder))
            found = _integrity(archive.read_bytes())
            if found != package.integrity:
                raise SystemExit(f"{package.name}: the archive's sum is {found}")
            _copy(package, archive)
    LOCK.write_text(json.dumps(_sums(), indent=2) + "\n")
    sys.stdout.write(f"wrote {LOCK.name}: {len(_sums())} files\n")


def check() -> list[str]:
    """What differs between the lock and the folder, in sentences; nothing when all is well."""
    locked: dict[str, str] = json.loads(LOCK.read_text())
    present = _sums()
    return [
        *(f"{path}: is missing" for path in locked if path not in present),
        *(f"{path}: is not in the lock" for path in present if path not in locked),
        *(
            f"{path}: was changed"
            for path in locked
            if present.get(path, locked[path]) != locked[path]
        ),
        *(f"{p.folder.name}: is missing" for p in PACKAGES if not p.folder.is_dir()),
    ]


def _packed(package: Package, folder: Path) -> Path:
    subprocess.run(
        ["npm", "pack", "--silent", f"{package.name}@{package.version}"],
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return next(folder.glob("*.tgz"))


def _copy(package: Package, archive: Path) -> None:
    package.folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as packed:
        for name in package.files:
            member = packed.extractfile(f"package/{name}")
            if member is None:
                raise SystemExit(f"{package.name}: has no {name}")
            (package.folder / Path(name).name).write_bytes(member.read())


def _integrity(content: bytes) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()


def _sums() -> dict[str, str]:
    return {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(VENDOR.rglob("*"))
        if path.is_file() and path != LOCK
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the lock; no network")
    if parser.parse_args().check:
        wrong = check()
        sys.stdout.write(
            ("\n".join(wrong) or f"static/vendor: {len(_sums())} files as locked") + "\n"
        )
        sys.exit(bool(wrong))
    fill()


if __name__ == "__main__":
    main()
