"""The JSON that storage calls come with: lenient to fields that it does not know."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

Count = Annotated[int, Meta(ge=1, le=10_000)]
Offset = Annotated[int, Meta(ge=0, lt=2**62)]
Direction = Literal["asc", "desc"]


class SortBy(Struct):
    column: Literal["name", "updated_at", "created_at", "last_accessed_at"] = "name"
    order: Direction = "asc"


class SortByV2(Struct):
    column: Literal["name", "updated_at", "created_at"] = "name"
    order: Direction = "asc"


class List(Struct):
    prefix: str = ""
    limit: Count = 100
    offset: Offset = 0
    sort_by: SortBy | None = msgspec.field(name="sortBy", default=None)
    search: str | None = None


class ListV2(Struct):
    prefix: str = ""
    limit: Annotated[int, Meta(ge=1)] = 1_000
    cursor: str = ""
    with_delimiter: bool = False
    sort_by: SortByV2 | None = msgspec.field(name="sortBy", default=None)


class Version(Struct):
    path: str
    version_id: str = msgspec.field(name="versionId")


class Remove(Struct):
    prefixes: list[str | Version]


class Overrides(Struct):
    cache_control: str | None = msgspec.field(name="cacheControl", default=None)
    content_encoding: str | None = msgspec.field(name="contentEncoding", default=None)
    mimetype: str | None = None


class Transfer(Struct, rename="camel"):
    """Of a move or a copy."""

    bucket_id: str
    source_key: str
    destination_key: str
    destination_bucket: str | None = None
    source_version_id: str | None = None
    copy_metadata: bool = True
    metadata: Overrides | None = None


class Transform(Struct):
    """How a picture is to be shown; a side that is left out follows from the other."""

    width: Annotated[int, Meta(ge=1, le=2_500)] | None = None
    height: Annotated[int, Meta(ge=1, le=2_500)] | None = None
    resize: Literal["cover", "contain", "fill"] = "cover"
    quality: Annotated[int, Meta(ge=20, le=100)] = 80
    format: Literal["origin"] | None = None


class Sign(Struct, rename="camel"):
    expires_in: Annotated[int, Meta(ge=1)]
    transform: Transform | None = None
    version_id: str | None = None


class SignMany(Struct, rename="camel"):
    expires_in: Annotated[int, Meta(ge=1)]
    paths: Annotated[list[str], Meta(min_length=1, max_length=1_000)]


class BucketRules(Struct):
    """What is left out stays as it is."""

    public: bool | UnsetType | None = UNSET
    file_size_limit: int | str | UnsetType | None = UNSET
    allowed_mime_types: list[str] | UnsetType | None = UNSET
    type: str | None = None
    versioning_status: str | None = None


class NewBucket(BucketRules, kw_only=True):
    id: str | None = None
    name: str | None = None


def to_columns(rules: BucketRules) -> dict[str, Any]:
    """Return the rules that are said."""
    said = {
        "public": rules.public,
        "file_size_limit": rules.file_size_limit,
        "allowed_mime_types": rules.allowed_mime_types,
    }
    return {name: value for name, value in said.items() if value is not UNSET}
