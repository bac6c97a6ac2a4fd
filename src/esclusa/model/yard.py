"""An examination form as it was filled in at the yard, perhaps without link, and sent once; and the
photographs that came with it."""

from __future__ import annotations

import msgspec

from esclusa.model.case import EvidenceFile


class YardForm(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="kind",
    tag="yard_form",
):
    """What stands behind an examination that an officer wrote at a box.

    ``form`` is the id that his device made, and ``by`` the account that sent it; together the
    natural key, so the same form sent twice is one record. ``digest`` is the SHA-256 of what he
    filled in. ``sheet`` is the selection he worked from, ``subject`` the record id on it, ``box``
    an ISO 6346 number. ``examination`` is the number of the examination that came of it. ``seal``
    is the seal found on the box before it was opened, ``officer`` who examined where that is not
    the account's holder, ``zone`` the IANA zone in which the times were written. ``at`` is when the
    node took it in, ISO 8601 UTC. ``told`` are the codes of what the officer was told before he
    recorded it nevertheless. ``photos`` is how many photographs came with it.
    """

    form: str
    by: str
    at: str
    sheet: str
    subject: str
    digest: str
    examination: str
    box: str = ""
    seal: str = ""
    officer: str = ""
    zone: str = "UTC"
    told: tuple[str, ...] = ()
    photos: int = 0


class PhotoStep(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="kind",
    tag="photo_step",
):
    """A line in the chain of custody of a photograph that came with a form of the yard.

    ``examination`` is the number of the examination that came of the form, ``file`` the photograph
    as it was taken in. ``move`` is ``take_in`` or ``read``; ``by`` the account, ``at`` ISO 8601
    UTC, ``why`` what it was read for. Natural key: examination and ``step``.
    """

    examination: str
    step: str
    move: str
    by: str
    at: str
    file: EvidenceFile
    why: str = ""
