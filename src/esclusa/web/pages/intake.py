"""Intake: files that people bring, what became of them, and what could not be read."""

from __future__ import annotations

import datetime as dt
import re
from functools import partial
from typing import BinaryIO

from starlette.datastructures import UploadFile
from starlette.responses import Response

from esclusa.api.uploads import clean_name
from esclusa.model import Marking
from esclusa.node import Node
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.views import ProposalView, SourceView
from esclusa.web.catalogue import mark as _
from esclusa.web.page import Group, Page
from esclusa.web.steps import no_file
from esclusa.web.visit import Visit


async def show(visit: Visit) -> Response:
    """Draw the upload form and the files in custody, the newest first."""
    return await _page(visit)


async def upload(visit: Visit) -> Response:
    """Take files into custody and read them; each is durable before the reading starts."""
    given = [file for file in visit.files if file.filename]
    if not given:
        raise no_file()
    began = dt.datetime.now(dt.UTC)
    taken = [await _take(visit, file, began) for file in given]
    known = sum(read for _view, read in taken)
    place = f"/intake/{taken[0][0].id}" if len(taken) == 1 else "/intake"
    return visit.go(f"{place}?known={known}" if known else place)


async def source(visit: Visit) -> Response:
    """Draw one file: counts, defects by byte position, messages held in quarantine."""
    found = await visit.ask(visit.site.node.source, visit.request.path_params["source_id"])
    guessed = any(defect.code == "table.guessed" for defect in found.defects)
    return visit.page("source.html", source=found, guessed=guessed, known=_known(visit))


async def proposal(visit: Visit) -> Response:
    """Draw the mapping that was guessed for a table, to copy and correct."""
    found = await _proposal(visit)
    return visit.page("proposal.html", proposal=found)


async def proposal_file(visit: Visit) -> Response:
    """Hand out the guessed mapping as a file."""
    return visit.attach("mapping.toml", (await _proposal(visit)).text)


async def retry(visit: Visit) -> Response:
    """Read a message held in quarantine once more."""
    held = visit.request.path_params["quarantine_id"]
    found = await visit.ask(visit.site.node.retry, held)
    return visit.go(f"/intake/{found.id}#quarantine")


def _known(visit: Visit) -> int:
    """Return how many of the files that were just sent had been received and read before."""
    said = visit.param("known")
    return int(said) if re.fullmatch("[1-9][0-9]{0,3}", said) else 0


async def _proposal(visit: Visit) -> ProposalView:
    return await visit.ask(visit.site.node.proposal, visit.request.path_params["source_id"])


async def _take(visit: Visit, file: UploadFile, began: dt.datetime) -> tuple[SourceView, bool]:
    name, mapping = clean_name(file.filename or ""), visit.form.get("mapping", "")
    agencies = [word for word in visit.form.get("for", "").split(",") if word]
    node = visit.site.node
    marking = await visit.ask(node.marking_for, agencies) if agencies else None
    return await visit.ask(
        partial(_ingested, node, began), name, file.file, marking=marking, mapping=mapping
    )


def _ingested(
    node: Node, began: dt.datetime, reader: Reader, name: str, stream: BinaryIO,
    *, marking: Marking | None, mapping: str,
) -> tuple[SourceView, bool]:  # fmt: skip
    """Take a file in and read it; tell also whether it had been read before. Of one that had been
    received alone, and that an interruption left unread, nothing is known before now."""
    kept = node.receive(reader, name, stream, marking=marking, mapping=mapping)
    read = kept.state != "received" and kept.known_before(began)
    node.process(kept.id)
    return node.source(reader, kept.id), read


async def _page(visit: Visit) -> Response:
    sources = await visit.ask(visit.site.node.sources, limit=100)
    kept = await visit.ask(visit.site.node.mappings)
    partners = await visit.ask(visit.site.node.partner_names)
    return visit.page(
        "intake.html", sources=sources,
        limit=visit.site.limits.upload_bytes, partners=partners, known=_known(visit),
        mappings=[mapping for mapping in kept if mapping.target in ("consignment", "traveller")],
    )  # fmt: skip


PAGES = (
    Page(
        path="/intake",
        show=show,
        action=Action.INTAKE_READ,
        label=_("Intake"),
        group=Group.INCOMING,
        order=10,
    ),
    Page(path="/intake", show=upload, method="POST", action=Action.INTAKE_WRITE, files=True),
    Page(path="/intake/{source_id}", show=source, action=Action.INTAKE_READ),
    Page(path="/intake/{source_id}/proposal", show=proposal, action=Action.INTAKE_READ),
    Page(
        path="/intake/{source_id}/mapping.toml",
        show=proposal_file,
        action=Action.INTAKE_READ,
        download=True,
    ),
    Page(
        path="/quarantine/{quarantine_id}/retry",
        show=retry,
        method="POST",
        action=Action.INTAKE_WRITE,
    ),
)
