"""Collect every text that a person may read, and bring the catalogues up to date.

``python -m esclusa.web.extract`` adds new texts to each catalogue, untranslated, drops texts that
nobody uses, and rewrites the table of addresses in ``docs/pages.md`` when that file is there. The
test suite fails while a text is missing, so the errand after adding a page is: run this, fill in
the Spanish.
"""

from __future__ import annotations

import inspect
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from esclusa.api.endpoints import ENDPOINTS
from esclusa.web.catalogue import FOLDER, LANGUAGES, Key, po_path, vocabulary
from esclusa.web.page import all_pages

KEYWORDS: Final = {"_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
TABLE_START: Final = "<!-- addresses: written by python -m esclusa.web.extract -->"
TABLE_END: Final = "<!-- end of addresses -->"

Text = tuple[Key, str]
"""Context and singular; plural or ""."""


def texts() -> dict[Key, str]:
    """Return every text: context and English, with its plural or ""."""
    found = [*_in_files("*.py", "python"), *_in_files("*.html", "jinja2.ext:babel_extract")]
    return dict([*found, *_in_vocabulary()])


def missing(language: str) -> list[Key]:
    """Return the texts that a language lacks or has only as a guess (fuzzy)."""
    have = {
        (message.context or "", _one(message.id)): message
        for message in _read(po_path(language))
        if message.id and not message.fuzzy
    }
    return [key for key, plural in texts().items() if not _complete(have.get(key), plural)]


def update(language: str) -> int:
    """Write a language's catalogue anew; return how many texts lack a translation."""
    old = _read(po_path(language))
    kept = {(m.context or "", _one(m.id)): m for m in old if m.id}
    new = Catalog(locale=language, project="Esclusa", charset="utf-8", fuzzy=False)
    for (context, text), plural in sorted(texts().items()):
        before = kept.get((context, text))
        new.add(
            (text, plural) if plural else text,
            before.string if before and _complete(before, plural) else None,
            context=context or None,
        )
    out = io.BytesIO()
    write_po(out, new, width=100, omit_header=True)
    po_path(language).parent.mkdir(parents=True, exist_ok=True)
    po_path(language).write_bytes(_HEADER % language.encode() + out.getvalue())
    return len(missing(language))


_HEADER: Final = b"""msgid ""
msgstr ""
"Language: %s\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""


def addresses() -> str:
    """Return the table of every page and API address, in Markdown, from their docstrings."""
    lines = ["| address | method | for | what |", "|---|---|---|---|"]
    for page in sorted(all_pages(), key=lambda page: (page.path, page.method)):
        said = (inspect.getdoc(page.show) or "").split("\n")[0]
        who = f"`{page.action}`" if page.action else "everybody signed in"
        who = who if page.signed_in else "everybody"
        lines.append(f"| `{page.path}` | {page.method} | {who} | {said} |")
    for found in ENDPOINTS:
        said = found.summary.split("\n")[0]
        lines.append(f"| `/api/v1{found.path}` | {found.method} | API | {said} |")
    lines.append("| `/api/v1/openapi.json` | GET | API | The OpenAPI 3.1 document. |")
    return "\n".join(lines)


def write_addresses(path: Path) -> None:
    """Put the present table of addresses between its two marks in a Markdown file."""
    before, _, rest = path.read_text(encoding="utf-8").partition(TABLE_START)
    after = rest.partition(TABLE_END)[2]
    table = f"{TABLE_START}\n{addresses()}\n{TABLE_END}"
    path.write_text(before + table + after, encoding="utf-8")


def _in_files(pattern: str, method: str) -> Iterator[Text]:
    for path in sorted(FOLDER.rglob(pattern)):
        with path.open("rb") as file:
            for _line, found, _comments, context in extract(
                method, file, keywords=KEYWORDS, options={"newstyle_gettext": "true"}
            ):
                yield (context or "", _one(found)), _plural(found)


def _in_vocabulary() -> Iterator[Text]:
    for section, words in vocabulary().items():
        for label in words.values():
            yield (section, label), ""


def _read(path: Path) -> Catalog:
    if not path.exists():
        return Catalog()
    with path.open("rb") as file:
        return read_po(file)


def _one(found: object) -> str:
    return found if isinstance(found, str) else str(found[0])  # type: ignore[index]


def _plural(found: object) -> str:
    return "" if isinstance(found, str) else str(found[1])  # type: ignore[index]


def _complete(message: object, plural: str) -> bool:
    string = getattr(message, "string", None)
    if not plural:
        return isinstance(string, str) and bool(string)
    return isinstance(string, tuple | list) and len(string) == 2 and all(string)


def main() -> int:
    """Bring catalogues and the page table up to date; return 1 while a text lacks a translation."""
    left = {code: update(code) for code in LANGUAGES if code != "en"}
    pages = Path("docs/pages.md")
    if pages.exists():
        write_addresses(pages)
    for code, count in left.items():
        print(f"{po_path(code)}: {count} texts without a translation")
    return int(any(left.values()))


if __name__ == "__main__":
    sys.exit(main())
