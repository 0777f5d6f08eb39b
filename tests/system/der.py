"""ASN.1 in DER, by hand: the tests need certificates that no library makes, too."""

UTC = "UTC"
GENERALIZED = "generalized"


def tlv(tag, *parts):
    content = b"".join(parts)
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def indefinite(tag, *parts):
    """BER: a length that is told by its end."""
    return bytes([tag, 0x80]) + b"".join(parts) + b"\0\0"


def sequence(*parts):
    return tlv(0x30, *parts)


def set_of(*parts):
    return tlv(0x31, *sorted(parts))


def explicit(number, *parts):
    return tlv(0xa0 | number, *parts)


def implicit(number, content):
    return tlv(0x80 | number, content)


def boolean(value):
    return tlv(1, b"\xff" if value else b"\0")


def integer(value):
    size = ((value if value >= 0 else ~value).bit_length() + 8) // 8
    return tlv(2, value.to_bytes(size, "big", signed=True))


def enumerated(value):
    return tlv(10, bytes([value]))


def bits(content, unused=0):
    return tlv(3, bytes([unused]), content)


def named_bits(numbers):
    """The content of a BIT STRING with these bits, without trailing zeros (X.690 11.2.2)."""
    if not numbers:
        return b"\0"
    last = max(numbers)
    octets = bytearray(last // 8 + 1)
    for number in numbers:
        octets[number // 8] |= 0x80 >> number % 8
    return bytes([7 - last % 8]) + bytes(octets)


def octets(content):
    return tlv(4, content)


def null():
    return tlv(5)


def oid(dotted):
    numbers = [int(number) for number in dotted.split(".")]
    content = b""
    for number in [numbers[0] * 40 + numbers[1], *numbers[2:]]:
        part = bytes([number & 0x7f])
        while number > 0x7f:
            number >>= 7
            part = bytes([0x80 | number & 0x7f]) + part
        content += part
    return tlv(6, content)


def utf8(text):
    return tlv(12, text.encode())


def printable(text):
    return tlv(19, text.encode())


def teletex(text):
    return tlv(20, text.encode("latin-1"))


def ia5(text):
    return tlv(22, text.encode())


def bmp(text):
    return tlv(30, text.encode("utf-16-be"))


def time(text, kind=None):
    """text: YYYYMMDDHHMMSSZ, or whatever is to stand there if kind is told. RFC 5280 4.1.2.5:
    UTCTime until 2049."""
    if kind is None:
        kind = UTC if "1950" <= text[:4] < "2050" else GENERALIZED
        text = text[2:] if kind == UTC else text
    return tlv(23 if kind == UTC else 24, text.encode())
