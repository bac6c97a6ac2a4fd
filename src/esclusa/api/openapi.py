"""The OpenAPI 3.1 document, made from the table of endpoints and the structs themselves."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any, Final

import msgspec

from esclusa import __version__
from esclusa.api.endpoint import DATA, FILES, Endpoint
from esclusa.api.problem import MEDIA_TYPE, Problem

PATH: Final = "/openapi.json"
_REFERENCE: Final = "#/components/schemas/{name}"
_PATH_PARAMETER: Final = re.compile(r"\{(\w+)\}")


def document(endpoints: tuple[Endpoint, ...]) -> dict[str, Any]:
    """Return the document for the endpoints, ready to be encoded as JSON."""
    types = [found for endpoint in endpoints for found in (endpoint.answer, endpoint.body) if found]
    schemas, components = msgspec.json.schema_components([*types, Problem], ref_template=_REFERENCE)
    schema = dict(zip(map(_key, types), schemas, strict=False))
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, schema)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Esclusa", "version": __version__, "license": _LICENCE},
        "servers": [{"url": "/api/v1"}],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": _SECURITY},
        "security": [{"session": []}],
    }


_LICENCE: Final = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
_SECURITY: Final = {"session": {"type": "http", "scheme": "bearer"}}


def _operation(endpoint: Endpoint, schema: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": endpoint.call.__name__,
        "summary": endpoint.summary,
        "parameters": [*_path_parameters(endpoint), *_query_parameters(endpoint)],
        "responses": {
            str(endpoint.status): _response(endpoint, schema),
            "default": _problem(),
        },
    }
    if endpoint.body or endpoint.raw:
        made["requestBody"] = {"required": True, "content": _request(endpoint, schema)}
    if not endpoint.signed_in:
        made["security"] = []
    return made


def _path_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PATH_PARAMETER.findall(endpoint.path)
    ]


def _query_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    if endpoint.query is None:
        return []
    _, components = msgspec.json.schema_components([endpoint.query], ref_template=_REFERENCE)
    shape = components[endpoint.query.__name__]
    required = shape.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": schema}
        for name, schema in shape["properties"].items()
    ]


def _request(endpoint: Endpoint, schema: dict[str, Any]) -> dict[str, Any]:
    if endpoint.raw:
        return {"application/octet-stream": {}}
    if endpoint.files:
        file = {"type": "string", "contentMediaType": "application/octet-stream"}
        parts = {
            DATA: schema[_key(endpoint.body)],
            FILES: {"type": "array", "items": file, "maxItems": endpoint.files},
        }
        whole = {"type": "object", "properties": parts, "required": [DATA]}
        return {
            "multipart/form-data": {
                "schema": whole, "encoding": {DATA: {"contentType": "application/json"}},
            }
        }  # fmt: skip
    return {"application/json": {"schema": schema[_key(endpoint.body)]}}


def _response(endpoint: Endpoint, schema: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {"description": HTTPStatus(endpoint.status).phrase}
    if endpoint.file:
        described["content"] = {"application/octet-stream": {}}
    elif endpoint.answer is not None:
        described["content"] = {"application/json": {"schema": schema[_key(endpoint.answer)]}}
    return described


def _problem() -> dict[str, Any]:
    schema = {"$ref": _REFERENCE.format(name="Problem")}
    return {
        "description": "What went wrong (RFC 9457). The request's Accept-Language (en, es) says the"
        " language of title and detail; Content-Language names it.",
        "content": {MEDIA_TYPE: {"schema": schema}},
    }


def _key(found: Any) -> str:
    return str(found)
