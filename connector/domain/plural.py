"""Numbers with their nouns."""


def counted(number: int, noun: str = "record") -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
