"""The OpenAPI description, made from what each action says of itself (``api_told.answers``) and its docstring."""

from __future__ import annotations

import re
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from clinic.core.access import PLATFORM
from clinic.core.api import KEY, TENANT
from clinic.core.api_input import Strict
from clinic.core.api_pages import MOST, USUAL
from clinic.core.api_told import Told

ALSO = {401: "No valid token, key or session.", 403: "Not for you.", 404: "Not there, or not yours."}
SECURITY: list[dict[str, list[str]]] = [{"bearer": []}, {"key": []}, {"session": []}]


class Problem(serializers.Serializer[Any]):
    """What was refused."""

    code = serializers.RegexField(r"^[A-Z0-9_]+$", help_text="Stable: decide by this, never by the message.")
    message = serializers.CharField(help_text="One sentence for a person, in the language asked for.")
    details = serializers.DictField(help_text="For 400: field → sentences. Otherwise what the code needs.")


class Refusal(serializers.Serializer[Any]):
    """The envelope of every refusal."""

    error = Problem()


class HouseSchema(AutoSchema):
    """One operation of the description."""

    view: Any

    @property
    def told(self) -> Told:
        told: Told = self.view.told
        return told

    @property
    def needs_hospital(self) -> bool:
        return isinstance(self.view.ability, str) and self.view.ability not in PLATFORM

    def _is_list_view(self, serializer: Any = None) -> bool:
        return False  # lists say themselves what they are made of

    def get_tags(self) -> list[str]:
        return [self.view.tag]

    def get_operation_id(self) -> str:
        return f"{self.view.tag.replace('-', '_')}_{self.view.action}"

    def get_summary(self) -> str:
        """The docstring's first sentence, as lists of routes show it."""
        first = super().get_description().partition("\n")[0]
        return str(re.split(r"(?<=[.;:]) ", first, maxsplit=1)[0]).rstrip(".;:")

    def get_description(self) -> str:  # type: ignore[override]
        lines = [super().get_description()]
        if isinstance(self.view.ability, str):
            lines.append(f"Ability: `{self.view.ability}`.")
        return "\n\n".join(line for line in lines if line)

    def get_auth(self) -> list[dict[str, list[str]]]:
        return [] if self.view.ability is None else SECURITY

    def get_request_serializer(self) -> Any:
        return self.told.body

    def _get_request_for_media_type(self, serializer: Any, direction: Any = "request") -> Any:
        method = self.method
        self.method = "POST" if self.told.whole else method  # only PATCH makes fields optional
        try:
            return super()._get_request_for_media_type(serializer, direction)  # type: ignore[no-untyped-call]
        finally:
            self.method = method

    def get_examples(self) -> list[OpenApiExample]:
        if self.told.example is None:
            return []
        return [OpenApiExample("A request", value=self.told.example, request_only=True)]

    def get_override_parameters(self) -> list[Any]:
        told = self.told
        found: list[Any] = [told.query] if told.query().fields else []
        if told.paged:
            found.append(OpenApiParameter("cursor", str, description="From `next` or `previous` of another page."))
            limit = {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}
            found.append(OpenApiParameter("limit", limit, description="How many to a page."))
        if self.needs_hospital:
            what = "The hospital, by id or short name; needed by people who belong to several."
            found.append(OpenApiParameter(TENANT, str, "header", description=what))
        if self.method == "POST":
            what = "The same key and body get the same answer for 24 hours, and the act is done once."
            key = {"type": "string", "pattern": r"^[\x21-\x7e]{1,200}$"}
            found.append(OpenApiParameter(KEY, key, "header", description=what))
        if told.versioned and self.method in ("PATCH", "PUT", "DELETE"):
            what = "The ETag that was read; if it is no longer the newest the answer is 412."
            found.append(OpenApiParameter("If-Match", str, "header", description=what))
        return found

    def get_response_serializers(self) -> Any:
        told = self.told
        doc: Any = told.doc
        if doc is not None and told.paged:
            doc = _page_of(told.doc)
        elif doc is not None and told.listed:
            doc = _list_of(told.doc)
        good = OpenApiResponse(doc, description="Done." if self.method != "GET" else "What was asked for.")
        return {told.status: good} | {code: OpenApiResponse(Refusal, what) for code, what in self._refusals().items()}

    def _refusals(self) -> dict[int, str]:
        told, found = self.told, {400: "Malformed, or a field or parameter is wrong or unknown."}
        writes = self.method in ("POST", "PUT", "PATCH", "DELETE")
        if self.view.ability is not None:
            found |= {401: "No valid token, key or session.", 403: "The role lacks the ability."}
        if self.needs_hospital or "{" in self.path:
            found[404] = "Not there, or not yours."
        if writes:
            codes = ", ".join(f"`{code}`" for code in told.refusals)
            found |= {409: f"A rule or the state forbids it. {codes}".strip(), 413: "Too large.", 415: "Not JSON."}
        if told.versioned and writes:
            found[412] = "`If-Match` names an older version."
        if self.method == "POST":
            found[422] = "This Idempotency-Key came before with another body."
        if told.limited:
            found[429] = "Too many; see Retry-After."
        found |= {code: ALSO[code] for code in told.also}
        return dict(sorted((found | {503: "A needed part is down; see Retry-After."}).items()))

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        schema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if isinstance(serializer, Strict):
            schema["additionalProperties"] = False  # unknown fields are refused
        return schema


def tidy(result: Any, generator: Any, request: Any, public: bool) -> Any:
    """Postprocessing: each refusal is written down once, and the generator's own marks go."""
    shared: dict[str, Any] = {}
    for methods in result["paths"].values():
        for operation in methods.values():
            answers = operation["responses"]
            for code in [code for code in answers if code[0] in "45" and code != "409"]:
                shared[f"Refused{code}"] = answers[code]
                answers[code] = {"$ref": f"#/components/responses/Refused{code}"}
    result["components"]["responses"] = dict(sorted(shared.items()))
    return _without_marks(result)


def _without_marks(part: Any) -> Any:
    if isinstance(part, dict):
        return {name: _without_marks(value) for name, value in part.items() if name != "x-spec-enum-id"}
    return [_without_marks(value) for value in part] if isinstance(part, list) else part


def _page_of(doc: Any) -> Any:
    name = doc.__name__ + "Page"
    fields = {
        "results": doc(many=True),
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
    }
    return _made(name, fields)


def _list_of(doc: Any) -> Any:
    return _made(doc.__name__ + "List", {"results": doc(many=True)})


_MADE: dict[str, Any] = {}


def _made(name: str, fields: dict[str, Any]) -> Any:
    if name not in _MADE:
        _MADE[name] = type(name, (serializers.Serializer,), fields)
    return _MADE[name]
