import pytest

from connector.domain.filetype import accepted, named


@pytest.mark.parametrize(
    ("content", "extension"),
    [
        (b"%PDF-1.7\n...", "pdf"),
        (b"\x89PNG\r\n\x1a\n\0\0", "png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "jpg"),
        (b"GIF89a..", "gif"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "webp"),
        (b"II*\0....", "tif"),
        (b"MM\0*....", "tif"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "heic"),
    ],
)
def test_receipts_are_pdfs_and_pictures(content: bytes, extension: str) -> None:
    assert accepted(content) == extension


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "empty"),
        (b"MZ\x90\0", "a Windows program"),
        (b"\x7fELF\x02", "a program"),
        (b"#!/bin/sh\n", "a script"),
        (b"<!DOCTYPE html><html>", "a web page or XML"),
        (b"\xef\xbb\xbf \r\n<svg onload=alert(1)>", "a web page or XML"),
        (b"PK\x03\x04", "an archive or an Office document"),
        (b"MZ %PDF-1.4", "a Windows program"),
        (b"RIFF\x10\0\0\0WAVEfmt ", "no kind of file that receipts are"),
        (b"\0\0\0\x18ftypmp42", "no kind of file that receipts are"),
        (b"hello", "no kind of file that receipts are"),
    ],
)
def test_everything_else_is_refused_by_name(content: bytes, name: str) -> None:
    assert accepted(content) == ""
    assert named(content) == name
