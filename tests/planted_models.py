"""Models written by hand and put into a node without fitting: for tests of pages, API and leaks."""

from __future__ import annotations

from esclusa.analysis.scoring import Feature, Model, Part, Term, Training, checksum, write_model
from esclusa.analysis.scoring.model import Band, Calibration, Estimate
from esclusa.ledger import records
from esclusa.ledger.records import Draft
from esclusa.model import Marking, ScoreModel
from esclusa.node import Node
from esclusa.node.model_fitting import FEATURE_VERSION


def model(name: str, intercept: int = -25_000) -> Model:
    """Return a model of three features that a consignment's own row gives."""
    return Model(
        name=name, fitted="2026-05-01T06:00:00Z", feature_version=FEATURE_VERSION,
        features=tuple(
            Feature(name=one, kind="number", title_en=english, title_es=spanish)
            for one, english, spanish in (
                ("mass_kg", "gross mass", "masa bruta"),
                ("packages", "packages", "bultos"),
                ("importer_count", "consignments of the importer", "envíos del importador"),
            )
        ),
        parts=(
            Part(feature="mass_kg", cuts=(1_000.0, 5_000.0, 11_000.0)),
            Part(feature="packages", cuts=(5.0, 50.0)),
            Part(feature="importer_count", cuts=(1.0,)),
        ),
        terms=(
            Term(parts=(0,), scores=(500, -2_000, 0, 1_000, 8_000, 0)),
            Term(parts=(1,), scores=(0, -3_000, 2_500, 400, 0)),
            Term(parts=(2,), scores=(100, 6_000, -1_500, 0)),
        ),
        intercept=intercept, prior=0.08,
        calibration=Calibration(method="platt", slope=0.9, offset=0.1, rows=120, finds=14),
        training=Training(
            rows=500, known=400, finds=40, unknown=100, worth=310.5, since="2026-03-01T00:00:00Z",
            until="2026-04-20T00:00:00Z", held_from="2026-04-12T00:00:00Z", data="made up",
            twins=0.04, lanes=(("control_random", 0.2), ("value", 0.8)), recipe="by hand",
            libraries=(("none", "1"),),
            metrics=(Estimate(name="auc", value=0.71, low=0.62, high=0.79),),
            bands=(Band(low=0.01, high=0.2, rows=120, expected=0.11, found=0.117, found_low=0.07, found_high=0.19),),
            limits=("selective", "exam", "cause", "time"),
        ),
    )  # fmt: skip


def plant(
    node: Node, name: str, *, marking: Marking | None = None, intercept: int = -25_000
) -> str:
    """Keep a model under a marking (None: that of what comes in); return its checksum."""
    made = model(name, intercept)
    body = ScoreModel(
        name=name, checksum=checksum(made), document=write_model(made).decode(), by="bea",
        at="2026-05-01T06:00:00.000000Z", rests_on=400,
    )  # fmt: skip
    label = node.labels.intern(node.agency, marking or node.settings.intake_marking())
    with node.store.write() as connection:
        records.append(connection, [Draft(body=body, originator=node.agency, label_id=label)])
    return body.checksum
