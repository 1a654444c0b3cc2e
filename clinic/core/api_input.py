"""What comes in: JSON bodies and queries, read strictly. An unknown field is refused, never ignored."""

from __future__ import annotations

import codecs
import json
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from clinic.core.api_errors import READ_ONLY, UNKNOWN_FIELD, fields_of, invalid

Fields = dict[str, Any]
ONCE = _("Give this once.")
S = TypeVar("S", bound="Strict")


class HouseParser(BaseParser):
    """JSON in UTF-8; anything that cannot be read is a 400, however it is broken."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        most: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(most + 1)  # Django's own limit holds for forms, not for streams
        if len(raw) > most:
            raise RequestDataTooBig
        if raw.startswith(codecs.BOM_UTF8):
            raw = raw[len(codecs.BOM_UTF8) :]
        try:
            return json.loads(raw.decode(), parse_constant=_no_constant) if raw.strip() else {}
        except (ValueError, RecursionError) as error:
            raise ParseError from error


def _no_constant(name: str) -> Any:
    raise ValueError(name)  # NaN and Infinity are not JSON


class HouseRenderer(JSONRenderer):
    """JSON in UTF-8. Half a character (a lone surrogate somebody sent us) goes out escaped instead of failing."""

    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else as_bytes(data)


def as_bytes(data: Any) -> bytes:
    text = json.dumps(data, cls=JSONRenderer.encoder_class, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")


class OnlyJSON(BaseContentNegotiation):
    """Whatever a client says it likes, it gets JSON."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        kind = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == kind), None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class Strict(serializers.Serializer[Any]):
    """A body: fields it does not know, or that cannot be set, are refused."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            wrong = refused(data, self.fields)
            if wrong:
                raise serializers.ValidationError(wrong)
        return super().to_internal_value(data)


class Query(Strict):
    """Query parameters; each stands once."""


def refused(given: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, list[str]]:
    """Names in ``given`` that may not be there → why."""
    wrong = {}
    for name in given:
        field = fields.get(name)
        if field is None:
            wrong[str(name)[:60]] = [str(UNKNOWN_FIELD)]
        elif field.read_only:
            wrong[name] = [str(READ_ONLY)]
    return wrong


def body(kind: type[S], data: Any, *, partial: bool = False) -> Fields:
    """The checked fields of a body; raises Invalid with what is wrong, field by field."""
    checked = kind(data=data, partial=partial)
    if not checked.is_valid():
        raise invalid(fields_of(checked.errors))
    return cast(Fields, checked.validated_data)


def query(kind: type[S], request: Request, *, also: frozenset[str] = frozenset()) -> Fields:
    """The checked query parameters; ``also`` names those somebody else reads (``cursor``, ``limit``)."""
    given = request.query_params
    twice: Fields = {name: [str(ONCE)] for name in given if len(given.getlist(name)) > 1}
    if twice:
        raise invalid(twice)
    return body(kind, {name: value for name, value in given.items() if name not in also})


class Lower(serializers.ChoiceField):
    """A choice whose word may come in any case (the earlier systems wrote upper case); kept in lower snake case."""

    def __init__(self, choices: Any, *, other_words: Mapping[str, str] | None = None, **options: Any) -> None:
        self.other_words = dict(other_words or {})
        super().__init__(choices, **options)

    def to_internal_value(self, data: Any) -> Any:
        word = data.lower().replace("-", "_") if isinstance(data, str) else data
        return super().to_internal_value(self.other_words.get(word, word) if isinstance(word, str) else word)
