"""Tells documents of offices by their content: PDF, OpenDocument and Office Open XML, and nothing else.

They are kept as they are and handed out to be saved, never shown: what a page or a program hides in them runs nowhere
on our side. Those that carry macros are refused, for the sake of who opens them.
"""

from pathlib import Path
from typing import BinaryIO

from node.errors import Invalid

PDF = "application/pdf"
_OPEN_DOCUMENT = b"application/vnd.oasis.opendocument."
_OPEN_DOCUMENT_KINDS = frozenset({"text", "spreadsheet", "presentation", "graphics"})
_OFFICE = "application/vnd.openxmlformats-officedocument."
_OFFICE_PARTS = {
    "word/document.xml": f"{_OFFICE}wordprocessingml.document",
    "xl/workbook.xml": f"{_OFFICE}spreadsheetml.sheet",
    "ppt/presentation.xml": f"{_OFFICE}presentationml.presentation",
}
_OFFICE_MACROS = "vbaProject.bin"
_OPEN_MACROS = ("Basic/", "Scripts/")

# The records of a ZIP archive (APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16).
_LOCAL, _ENTRY, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_END_BYTES, _LONGEST_COMMENT = 22, 65_535
_ENTRY_BYTES = 46
_LONGEST_DIRECTORY = 1024 * 1024


def sniff(path: Path) -> str | None:
    """Return the media type of a document, None for what is none of those that we take.

    Raises:
        Invalid: it carries macros.
    """
    with path.open("rb") as file:
        head = file.read(128)
        if head.startswith(b"%PDF-"):
            return PDF
        if not head.startswith(_LOCAL):
            return None
        names = _names(file)
    if any(name.rpartition("/")[2] == _OFFICE_MACROS or name.startswith(_OPEN_MACROS) for name in names):
        raise Invalid("This document has macros in it. Save it without them, then try again.")
    office = (media_type for part, media_type in _OFFICE_PARTS.items() if part in names)
    return _open_document(head) or next(office, None)


def _open_document(head: bytes) -> str | None:
    """OpenDocument has its type as the first file of the archive, not compressed (part 2, section 3.3)."""
    name = int.from_bytes(head[26:28], "little")
    extra = int.from_bytes(head[28:30], "little")
    if head[30 : 30 + name] != b"mimetype" or int.from_bytes(head[8:10], "little") != 0:
        return None
    length = int.from_bytes(head[18:22], "little")
    media_type = head[30 + name + extra :][:length]
    kind = media_type.removeprefix(_OPEN_DOCUMENT).decode("ascii", "replace")
    known = media_type.startswith(_OPEN_DOCUMENT) and kind in _OPEN_DOCUMENT_KINDS
    return media_type.decode() if known else None


def _names(file: BinaryIO) -> set[str]:
    """Return the names in an archive's directory, nothing when that is damaged or very long; no file is unpacked."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _END_BYTES - _LONGEST_COMMENT))
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_BYTES:
        return set()
    length, start = (int.from_bytes(tail[at + offset : at + offset + 4], "little") for offset in (12, 16))
    if length > _LONGEST_DIRECTORY or start + length > size:
        return set()
    file.seek(start)
    directory = file.read(length)
    names = set()
    at = 0
    while directory[at : at + 4] == _ENTRY and len(directory) - at >= _ENTRY_BYTES:
        name, extra, comment = (
            int.from_bytes(directory[at + offset : at + offset + 2], "little") for offset in (28, 30, 32)
        )
        names.add(directory[at + _ENTRY_BYTES : at + _ENTRY_BYTES + name].decode("utf-8", "replace"))
        at += _ENTRY_BYTES + name + extra + comment
    return names
