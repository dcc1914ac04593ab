"""Real files of every kind that a run may hold, small and made from a seed; only Pillow and the standard library."""

import hashlib
import io
import math
import random
import struct
import wave
import zipfile

from PIL import Image


def picture(seed: int, width: int = 24, height: int = 16) -> Image.Image:
    """A soft gradient that differs with the seed."""
    pixels = [
        ((x * 9 + seed * 31) % 256, (y * 13 + seed * 17) % 256, (x * y + seed) % 256)
        for y in range(height)
        for x in range(width)
    ]
    image = Image.new("RGB", (width, height))
    image.putdata(pixels)
    return image


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def animated_gif(seed: int) -> bytes:
    frames = [picture(seed + turn).convert("P") for turn in range(3)]
    return encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=80, loop=0)


def svg(width: int, height: int) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="{width}" '
        f'height="{height}"><circle cx="9" cy="9" r="8" fill="#0a7"/></svg>\n'
    ).encode()


def tone(frequency: int, samples: int = 1600, rate: int = 8000) -> list:
    return [int(9000 * math.sin(2 * math.pi * frequency * index / rate)) for index in range(samples)]


def wav(frequency: int = 440) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(8000)
        writer.writeframes(b"".join(struct.pack("<h", sample) for sample in tone(frequency)))
    return buffer.getvalue()


def mp3() -> bytes:
    """Silence: MPEG-1 layer III frames of 128 kbit/s with zeroed side information."""
    return (b"\xff\xfb\x90\x64" + bytes(413)) * 6


def crc(data: bytes, polynomial: int, bits: int) -> int:
    top, mask, value = 1 << (bits - 1), (1 << bits) - 1, 0
    for byte in data:
        value ^= byte << (bits - 8)
        for _ in range(8):
            value = ((value << 1) ^ polynomial) & mask if value & top else (value << 1) & mask
    return value


def flac(frequency: int = 330) -> bytes:
    """One verbatim frame of 16-bit mono."""
    samples = tone(frequency, 1024)
    header = bytes([0xFF, 0xF8, 0x74, 0x08, 0]) + struct.pack(">H", len(samples) - 1)
    header += bytes([crc(header, 0x07, 8)])
    frame = header + b"\x02" + b"".join(struct.pack(">h", sample) for sample in samples)
    frame += struct.pack(">H", crc(frame, 0x8005, 16))
    pcm = b"".join(struct.pack("<h", sample) for sample in samples)
    layout = ((8000 << 44) | (15 << 36) | len(samples)).to_bytes(8, "big")
    info = struct.pack(">HH", len(samples), len(samples)) + bytes(6) + layout + hashlib.md5(pcm).digest()
    return b"fLaC" + bytes([0x80, 0, 0, len(info)]) + info + frame


def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as writer:
        writer.writestr(zipfile.ZipInfo("inside.txt"), "hello")
    return buffer.getvalue()


def images(seed: int) -> dict:
    """relative path → bytes: every format, mode and spelling of an extension."""
    base = picture(seed)
    return {
        "photo.jpg": encoded(base, "JPEG"),
        "photo.JPEG": encoded(base, "JPEG", progressive=True),
        "Gray.JpG": encoded(base.convert("L"), "JPEG"),
        "cmyk.jpg": encoded(base.convert("CMYK"), "JPEG"),
        "plain.png": encoded(base, "PNG"),
        "LOUD.PNG": encoded(base, "PNG", optimize=True),
        "alpha.png": encoded(base.convert("RGBA"), "PNG"),
        "palette.png": encoded(base.convert("P"), "PNG"),
        "gray.png": encoded(base.convert("L"), "PNG"),
        "bilevel.png": encoded(base.convert("1"), "PNG"),
        "gray16.png": encoded(Image.new("I;16", (9, 7), 4242), "PNG"),
        "gray-alpha.png": encoded(base.convert("LA"), "PNG"),
        "tall.bmp": encoded(picture(seed, 5, 40), "BMP"),
        "gray.bmp": encoded(base.convert("L"), "BMP"),
        "moving.gif": animated_gif(seed),
        "lossy.webp": encoded(base, "WEBP"),
        "lossless.webp": encoded(base.convert("RGBA"), "WEBP", lossless=True),
        "drawing.svg": svg(40, 20),
    }


def texts(seed: int) -> dict:
    line = "line – ünïcode ✓ 实验 🚀\n"
    return {
        "notes.txt": (line * (seed + 2)).encode(),
        "train.log": b"2024-01-01 INFO start\n\x1b[31mred\x1b[0m\nin <module>: x < y & z\n" * 20,
        "model.py": b"def f(x):\n    return x + 1\n",
        "app.js": b"export const x = 1;\n",
        "conf.yaml": b"lr: 0.1\n",
        "conf.yml": b"a: {b: c}\n",
        "data.json": '{"a": [1, {"b": null}], "u": "ü"}'.encode(),
        "table.csv": b"a,b\n1,2\n",
        "table.tsv": b"a\tb\n1\t2\n",
        "README.md": b"# Title\n\n* item\n",
        "doc.rst": b"Title\n=====\n",
        "conf.jsonnet": b"{ a: 1 + 2 }\n",
        "LOUD.TXT": line.encode(),
        "latin1.txt": "café £".encode("latin-1"),
        "utf16.txt": "hello ü".encode("utf-16"),
        "truncated.txt": "half a 实".encode()[:-1],
        "nul.txt": b"abc\0def\n",
        "crlf.txt": b"a\r\nb\r\n",
        "bom.csv": b"\xef\xbb\xbfa,b\n1,2\n",
        "empty.txt": b"",
    }


def audios(seed: int) -> dict:
    return {"tone.wav": wav(300 + seed), "LOUD.WAV": wav(700), "tone.flac": flac(), "silence.mp3": mp3()}


def others(seed: int) -> dict:
    return {
        "page.html": b"<!doctype html><title>t</title><p>hi</p>",
        "weights.bin": random.Random(seed).randbytes(512),
        "noextension": b"nothing\n",
        "archive.zip": archive(),
        "figure.pdf": b"%PDF-1.4\n%nothing\n",
        ".hidden": b"h\n",
    }


def wrong(seed: int) -> dict:
    """Files that are not what their names say."""
    png = encoded(picture(seed), "PNG")
    return {
        "empty.png": b"",
        "short.png": png[:20],
        "header-only.png": png[:40] + bytes(30),
        "text.png": b"this is not a picture\n",
        "jpeg.png": encoded(picture(seed), "JPEG"),
        "png.jpg": png,
        "tiff.png": encoded(picture(seed), "TIFF"),
        "picture.txt": png,
        "broken.svg": b"<svg",
        "no-svg.svg": b"<html></html>",
        "empty.wav": b"",
        "text.mp3": b"no music\n",
    }
