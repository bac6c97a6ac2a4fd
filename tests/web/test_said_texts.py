"""Texts of templates are those that Jinja's own translation gives, in each language: the same
words, the values in their places, everything escaped."""

from __future__ import annotations

import pytest
from jinja2 import Environment
from jinja2.exceptions import UndefinedError
from markupsafe import Markup

from esclusa.web.catalogue import LANGUAGES, Catalogue, catalogue
from esclusa.web.site import environment

HOSTILE = '<b>"O\'Neill" & 100 % %(name)s</b>'


def templates(language: str) -> tuple[Environment, Environment]:
    """The templates' environment, and one with Jinja's own callables and nothing else."""
    texts = catalogue(language)
    plain = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    plain.install_gettext_callables(  # type: ignore[attr-defined]
        texts.gettext, texts.ngettext, newstyle=True
    )
    return environment(language, str), plain


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_reads_as_jinja_translates_it(language: str) -> None:
    ours, plain = templates(language)
    asked = "{{ _(text, **values) }}{{ gettext(text, **values) }}"
    drawn = [made.from_string(asked) for made in (ours, plain)]
    known = [text for context, text in Catalogue("es")._texts if not context]
    assert len(known) > 500
    for text in known:
        names = {part.partition(")")[0] for part in text.split("%(")[1:]}
        values = dict.fromkeys(names, HOSTILE)
        one, other = (made.render(text=text, values=values) for made in drawn)
        assert one == other
        assert one == drawn[0].render(text=text, values=values)  # and the second time


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", [0, 1, 2, 1_000])
def test_what_counts_reads_as_jinja_translates_it(language: str, number: int) -> None:
    asked = (
        '{{ ngettext("%(num)s result", "%(num)s results", n) }}'
        '{{ ngettext("%(num)s of %(who)s", "%(num)s more of %(who)s", n, who=who) }}'
    )
    one, other = (made.from_string(asked).render(n=number, who=HOSTILE)
                  for made in templates(language))  # fmt: skip
    assert one == other and str(number) in one and "<b>" not in one


def test_markup_stays_and_a_value_that_is_missing_is_an_error() -> None:
    ours, _plain = templates("en")
    kept = ours.from_string(
        '{% block a %}{% set x = 1 %}{{ _("%(a)s or %(b)s", a=a, b=b) }}{% endblock %}'
    )
    assert kept.render(a=Markup("<i>a</i>"), b="<i>b</i>") == "<i>a</i> or &lt;i&gt;b&lt;/i&gt;"
    with pytest.raises(UndefinedError):
        kept.render(a="a")
    with pytest.raises(KeyError):
        ours.from_string('{{ _("%(a)s or %(b)s", a="a") }}').render()
