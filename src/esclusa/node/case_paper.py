"""A case as a page to read and print, for a package that leaves the node: one file, no script, no
request to anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import Final

from esclusa.casework.case_words import words
from esclusa.model import Level, Marking
from esclusa.sharing.case_views import CaseStepView, CaseView, EvidenceView
from esclusa.sharing.referral_views import WordView

_STYLE: Final = (
    "body{font:14px/1.45 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #999;"
    "padding:.2em .5em;text-align:left;vertical-align:top}code{word-break:break-all}"
    ".marking{font-weight:bold;border:1px solid;padding:.3em .6em}p.said{white-space:pre-wrap}"
)
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
"""Of this file alone, opened from a disk: it loads nothing and runs nothing."""


def page(view: CaseView, language: str, *, made: str, agency: str, paths: Mapping[str, str]) -> str:
    """Return a case as one HTML file.

    :param language: ``en`` or ``es``.
    :param made: when the package was made, ISO 8601 UTC.
    :param paths: of the evidence in the package, by its name in the case.
    """
    say = _sayer(language)
    told = _teller(language)
    head = [
        ("state", told(view.row.state)), ("outcome", told(view.outcome) if view.outcome else ""),
        ("lead", view.row.lead), ("members", ", ".join(view.members)),
        ("opened", f"{view.opened}, {view.opened_by}"), ("made", f"{made}, {agency}"),
    ]  # fmt: skip
    marking = escape(marking_text(view.marking, view.originator))
    body = [
        f'<p class="marking">{escape(say("marking"))}: {marking}</p>',
        f"<h1>{escape(say('case'))} {escape(view.row.id)}: {escape(view.row.title)}</h1>",
        f'<p class="said">{escape(view.summary)}</p>',
        _table([], [[say(key), value] for key, value in head if value]),
        f"<p>{escape(say('part'))}</p>",
        _section(say, "items", ["kind", "what", "state", "who", "when"], [
            [told(i.kind), i.title or (say("erased") if i.erased else i.id), told(i.state), i.by,
             i.at] for i in view.items
        ]),
        _section(say, "tasks", ["what", "who", "due", "state"], [
            [t.task or say("erased"), t.person, t.due, told(t.state)] for t in view.tasks
        ]),
        _section(say, "notes", ["what", "who", "when"], [
            [_recorded(n, told, say), n.by, n.at] for n in view.notes
        ]),
        f"<h2>{escape(say('evidence'))}</h2>",
        *(_evidence(one, say, told, paths) for one in view.evidence),
        *([] if view.evidence else [f"<p>{escape(say('none'))}</p>"]),
        _section(say, "history", ["when", "who", "step", "recorded", "state"],
                 _steps(view.steps, say, told)),
        f'<p class="marking">{escape(say("marking"))}: {marking}</p>',
    ]  # fmt: skip
    title = escape(f"{say('case')} {view.row.id}")
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body>\n"
        + "\n".join(body)
        + "\n</body></html>\n"
    )


def marking_text(marking: Marking, originator: str) -> str:
    """Return a marking in words that stand in both languages: level, originator, to whom, how."""
    parts = [Level(marking.level).name, originator]
    if marking.releasable_to:
        parts.append("→ " + ", ".join(sorted(marking.releasable_to)))
    return " · ".join([*parts, *sorted(marking.caveats)])


def _evidence(
    one: EvidenceView, say: Callable[[str], str], told: Callable[[WordView], str],
    paths: Mapping[str, str],
) -> str:  # fmt: skip
    path = paths.get(one.name, "")
    where = f"{say('in_package')} {path}" if path else say("not_in_package")
    name = one.file or say("erased")
    return (
        f"<h3>{escape(name)}</h3><p>{escape(one.what)}. {escape(one.source)}. "
        f"{one.size} {escape(say('size'))}. <code>{escape(one.sha256)}</code><br>"
        f"{escape(told(one.state))} {escape(one.seal)}. {escape(where)}</p>"
        + _table([say(key) for key in ("when", "who", "step", "recorded")],
                 [row[:4] for row in _steps(one.custody, say, told)])
    )  # fmt: skip


def _steps(
    steps: Iterable[CaseStepView], say: Callable[[str], str], told: Callable[[WordView], str]
) -> list[list[str]]:
    return [
        [s.at, s.by, " ".join(filter(None, (told(s.move), s.about))), _recorded(s, told, say),
         told(s.after)]
        for s in steps
    ]  # fmt: skip


def _recorded(
    step: CaseStepView, told: Callable[[WordView], str], say: Callable[[str], str]
) -> str:
    if step.erased:
        return say("erased")
    return "\n".join(
        f"{told(one.field)}: {told(one.text) if one.text else one.value}" for one in step.recorded
    )


def _section(
    say: Callable[[str], str], title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]
) -> str:
    head = f"<h2>{escape(say(title))}</h2>"
    if not rows:
        return head + f"<p>{escape(say('none'))}</p>"
    return head + _table([say(name) for name in columns], rows)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in columns)
    body = "".join(
        "<tr>" + "".join(f'<td><p class="said">{escape(cell)}</p></td>' for cell in row) + "</tr>"
        for row in rows
    )
    top = f"<thead><tr>{head}</tr></thead>" if head else ""
    return f"<table>{top}<tbody>{body}</tbody></table>"


def _sayer(language: str) -> Callable[[str], str]:
    texts = words("paper")
    return lambda key: texts[key].text_es if language == "es" else texts[key].text_en


def _teller(language: str) -> Callable[[WordView], str]:
    return lambda word: word.es if language == "es" else word.en
