"""The compiled catalogues are those of the texts, and what a patient reads is there in every language."""

import re
from pathlib import Path
from typing import Any

import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.test import Client
from django.utils import translation

LANGUAGES = [code for code, _ in settings.LANGUAGES if code != "en"]
LOCALE = Path(settings.BASE_DIR, "locale")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
NAMED = re.compile(r"""{%\s*trans(?:late)?\s+(?:"([^"]+)"|'([^']+)')""")
FOR_PATIENTS = ["status", "_place", "_place_card", "_place_status", "_place_track", "display", "_display_now", "ticket"]


def catalogue(language: str) -> Any:
    with (LOCALE / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale=language)


def texts(catalog: Any) -> dict[Any, Any]:
    """What is translated: id → text; plural ids and texts as tuples."""
    return {
        _key(message.id): _key(message.string)
        for message in catalog
        if message.id and (message.string if isinstance(message.string, str) else any(message.string))
    }


def _key(value: Any) -> Any:
    return value if isinstance(value, str) else tuple(value)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_current(language: str) -> None:
    with (LOCALE / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
        compiled = texts(read_mo(file))
    # Babel writes the English of a plural that has no translation.
    compiled = {key: text for key, text in compiled.items() if isinstance(key, str) or not set(text) <= set(key)}
    assert compiled == texts(catalogue(language)), "make messages"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_keeps_the_places_of_values(language: str) -> None:
    wrong = []
    for key, text in texts(catalogue(language)).items():
        wanted = {place for part in ([key] if isinstance(key, str) else key) for place in PLACEHOLDER.findall(part)}
        for part in [text] if isinstance(text, str) else text:
            found = set(PLACEHOLDER.findall(part))
            if found - wanted or (isinstance(key, str) and found != wanted):
                wrong.append((key, part))
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", FOR_PATIENTS)
def test_what_a_patient_reads_is_translated(page: str, language: str) -> None:
    template = Path(settings.BASE_DIR, "templates", "queues", f"{page}.html").read_text()
    there = {key if isinstance(key, str) else key[0] for key in texts(catalogue(language))}
    assert [one or two for one, two in NAMED.findall(template) if (one or two) not in there] == []


def test_a_language_is_chosen_by_the_browser(client: Client) -> None:
    answer = client.get("/nothing-here/", headers={"accept-language": "es"})
    with translation.override("es"):
        expected = translation.gettext("There is nothing at this address")
    assert expected != "There is nothing at this address"
    assert expected in answer.content.decode()
