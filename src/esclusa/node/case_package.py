"""A case as one sealed package: a zip file with what its reader may see, and nothing else.

``manifest.json`` names the SHA-256 and size of every other member; the SHA-256 of the manifest is
the seal, which stands in the case's own history. So who has package and case can tell whether one
byte was changed since. A node that has keys signs the package as well, for whoever has nothing but
it (:mod:`esclusa.node.case_signature`). The members are the history as JSON, the case as a page to
read, and the files of evidence under their hashes, never under a name that somebody sent.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Any, BinaryIO, Final, cast

import msgspec

from esclusa.errors import InputError, StateError
from esclusa.ledger.custody import Vault
from esclusa.node.case_paper import page
from esclusa.node.case_signature import BLANK, sign
from esclusa.sharing.case_views import CaseView, EvidenceView
from esclusa.sharing.keys import Signer

FORMAT: Final = "esclusa-case/1"
MANIFEST: Final = "manifest.json"
_CHUNK: Final = 1 << 20
_MANIFEST_BYTES: Final = 16 << 20
"""A case with a hundred thousand files has a manifest of this size."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A member of a package with the SHA-256 of its bytes and their number."""

    path: str
    sha256: str
    size: int


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A file of evidence in a manifest: as it was taken in, how it stands, and the member that
    holds its bytes; ``path`` "" where they are not in the package, as those under a seal."""

    name: str
    file: str
    sha256: str
    size: int
    state: str
    path: str = ""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a package holds. ``version`` is that of the case, ``made`` ISO 8601 UTC."""

    format: str
    agency: str
    case: str
    version: str
    made: str
    marking: Any
    originator: str
    members: tuple[Member, ...]
    evidence: tuple[Held, ...]


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """A package: its file name, its bytes (rewound; the caller closes them), their number, its
    seal, the names in the case of the evidence that is in it, and the id of the key that signed it,
    "" where the node has none."""

    name: str
    file: Any
    size: int
    seal: str
    files: tuple[str, ...]
    key: str = ""


class PackageCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What a package's own manifest says of it: the case, its seal, and (path, expected, result) of
    each member; a result is ``intact``, ``altered``, ``missing`` or ``added``."""

    case: str
    seal: str
    members: tuple[tuple[str, str, str], ...]


def pack(
    view: CaseView, vault: Vault, language: str, now: dt.datetime, agency: str,
    signer: Signer | None = None,
) -> Package:  # fmt: skip
    """Write a case as a package.

    :param now: aware.
    :param signer: whose key signs it; None leaves it unsigned.
    :raises StateError: when a file of evidence is not what was taken in.
    """
    made = now.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    # Beside the evidence: as much room as that has, and protected as that is.
    file = cast("IO[bytes]", tempfile.TemporaryFile(dir=vault.folder))  # noqa: SIM115
    try:
        inside = [one for one in view.evidence if one.sha256 and one.state.code == "kept"]
        paths = {one.name: f"evidence/{one.sha256}" for one in inside}
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
            members = [
                _text(target, "case.json", _json(_bare(view)), now),
                _text(target, "case.html",
                      page(view, language, made=made, agency=agency, paths=paths).encode(), now),
                *_files(target, vault, inside, now),
            ]  # fmt: skip
            manifest = _json(Manifest(
                format=FORMAT, agency=agency, case=view.row.id, version=view.version, made=made,
                marking=view.marking, originator=view.originator, members=tuple(members),
                evidence=tuple(_held(one, paths) for one in view.evidence),
            ))  # fmt: skip
            _text(target, MANIFEST, manifest, now)
            if signer is not None:
                target.comment = BLANK
        seal = hashlib.sha256(manifest).hexdigest()
        if signer is not None:
            sign(cast("BinaryIO", file), signer, made=made, manifest=seal)
        size = file.seek(0, 2)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return Package(
        name=f"case-{view.row.id}.zip", file=file, size=size,
        seal=seal, files=tuple(paths), key=signer.key_id if signer else "",
    )  # fmt: skip


def _bare(view: CaseView) -> CaseView:
    """Return a case without what is of the page alone: forms, and other cases."""
    return msgspec.structs.replace(
        view, moves=(), may_export=False, may_share=False,
        shares=tuple(msgspec.structs.replace(one, moves=()) for one in view.shares),
        items=tuple(msgspec.structs.replace(one, moves=(), also_in=()) for one in view.items),
        tasks=tuple(msgspec.structs.replace(one, moves=()) for one in view.tasks),
        evidence=tuple(msgspec.structs.replace(one, moves=()) for one in view.evidence),
    )  # fmt: skip


def _json(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value))


def _held(one: EvidenceView, paths: dict[str, str]) -> Held:
    return Held(
        name=one.name, file=one.file, sha256=one.sha256, size=one.size,
        state="erased" if one.erased else one.state.code, path=paths.get(one.name, ""),
    )  # fmt: skip


def _info(path: str, now: dt.datetime, how: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, now.astimezone(dt.UTC).timetuple()[:6])
    info.compress_type = how
    info.external_attr = 0o600 << 16
    return info


def _text(target: zipfile.ZipFile, path: str, data: bytes, now: dt.datetime) -> Member:
    target.writestr(_info(path, now, zipfile.ZIP_DEFLATED), data)
    return Member(path=path, sha256=hashlib.sha256(data).hexdigest(), size=len(data))


def _files(
    target: zipfile.ZipFile, vault: Vault, inside: list[EvidenceView], now: dt.datetime
) -> Iterator[Member]:
    for sha256, one in {one.sha256: one for one in inside}.items():
        path, sha, size = f"evidence/{sha256}", hashlib.sha256(), 0
        try:
            source = vault.open(sha256)
        except OSError:
            raise StateError(
                "the file {name} is missing; verify the evidence", name=one.name
            ) from None
        with source, target.open(_info(path, now, zipfile.ZIP_STORED), "w", force_zip64=True) as to:
            while chunk := source.read(_CHUNK):
                sha.update(chunk)
                size += len(chunk)
                to.write(chunk)
        if sha.hexdigest() != sha256:
            raise StateError("the file {name} is altered; verify the evidence", name=one.name)
        yield Member(path=path, sha256=sha256, size=size)


def check(file: BinaryIO, name: str) -> PackageCheck:
    """Compare a package with its own manifest.

    :param name: of the file, for errors.
    :raises InputError: when it is no package.
    """
    try:
        with zipfile.ZipFile(file) as source:
            raw = _whole(source, name)
            manifest = msgspec.json.decode(raw, type=Manifest)
            if manifest.format != FORMAT:
                raise InputError(f"this is {manifest.format[:40]!r}, not {FORMAT}", file=name)
            stated = {one.path: one for one in manifest.members}
            there = [info.filename for info in source.infolist()]
            told = [(path, one.sha256, _result(source, there, one)) for path, one in stated.items()]
            added = sorted(set(there) - set(stated) - {MANIFEST})
    except (zipfile.BadZipFile, msgspec.DecodeError, UnicodeDecodeError, OSError, EOFError,
            NotImplementedError, RuntimeError, ValueError, zlib.error) as error:  # fmt: skip
        raise InputError(f"not a package of a case: {error}", file=name) from None
    return PackageCheck(
        case=manifest.case, seal=hashlib.sha256(raw).hexdigest(),
        members=(*told, *((path, "", "added") for path in added)),
    )  # fmt: skip


def _whole(source: zipfile.ZipFile, name: str) -> bytes:
    try:
        with source.open(MANIFEST) as member:
            raw = member.read(_MANIFEST_BYTES + 1)
    except KeyError:
        raise InputError(f"not a package of a case: it has no {MANIFEST}", file=name) from None
    if len(raw) > _MANIFEST_BYTES:
        raise InputError("the manifest is larger than any that we write", file=name)
    return raw


def _result(source: zipfile.ZipFile, there: list[str], one: Member) -> str:
    if there.count(one.path) != 1:
        return "altered" if one.path in there else "missing"
    sha, size = hashlib.sha256(), 0
    try:
        with source.open(one.path) as member:
            while size <= one.size and (chunk := member.read(_CHUNK)):
                sha.update(chunk)
                size += len(chunk)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError):
        return "altered"
    return "intact" if (sha.hexdigest(), size) == (one.sha256, one.size) else "altered"
