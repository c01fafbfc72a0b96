"""What a file is, by its own first bytes: nobody's word for it is taken. Pure.

Accepted is what receipts are kept as: PDF and the picture formats of cameras, scanners and screens. Everything else is
named as well as its first bytes allow, for the sentence that refuses it.
"""

from typing import Final

# Extension → the bytes it begins with. Each format's own specification fixes them.
_ACCEPTED: Final[tuple[tuple[str, bytes], ...]] = (
    ("pdf", b"%PDF-"),
    ("png", b"\x89PNG\r\n\x1a\n"),
    ("jpg", b"\xff\xd8\xff"),
    ("gif", b"GIF87a"),
    ("gif", b"GIF89a"),
    ("tif", b"II*\x00"),
    ("tif", b"MM\x00*"),
)
# Brands of the ISO base media format that are still pictures.
_HEIF: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"avif"})
_REFUSED: Final[tuple[tuple[bytes, str], ...]] = (
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a program"),
    (b"\xfe\xed\xfa", "a program"),
    (b"\xcf\xfa\xed\xfe", "a program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"#!", "a script"),
    (b"PK\x03\x04", "an archive or an Office document"),
    (b"Rar!", "an archive"),
    (b"7z\xbc\xaf", "an archive"),
    (b"\x1f\x8b", "an archive"),
    (b"\xd0\xcf\x11\xe0", "an Office document or an installer"),
    (b"{\\rtf", "a text document"),
)
_BLANK: Final = b" \t\r\n\x0b\x0c\xef\xbb\xbf"


def accepted(content: bytes) -> str:
    """The extension of a file that may be attached; empty for every other one."""
    for extension, magic in _ACCEPTED:
        if content.startswith(magic):
            return extension
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "webp"
    return "heic" if content[4:8] == b"ftyp" and content[8:12] in _HEIF else ""


def named(content: bytes) -> str:
    """What a file that is not accepted seems to be, for a sentence."""
    if not content:
        return "empty"
    for magic, name in _REFUSED:
        if content.startswith(magic):
            return name
    return "a web page or XML" if content.lstrip(_BLANK).startswith(b"<") else "no kind of file that receipts are"
