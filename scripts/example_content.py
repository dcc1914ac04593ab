"""What make-example.py fills its runs with: curves, pictures, sounds and logs, all from one seed."""

import io
import math
import random
import struct
import wave

from PIL import Image, ImageDraw

EPOCHS = 30
CLASSES = ["plane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]

rng = random.Random(7)


def falling(start: float, floor: float, rate: float, noise: float, count: int = EPOCHS) -> list:
    return [round(floor + (start - floor) * math.exp(-rate * step) + rng.gauss(0, noise), 5) for step in range(count)]


def rising(start: float, ceiling: float, rate: float, noise: float, count: int = EPOCHS) -> list:
    return [
        round(ceiling - (ceiling - start) * math.exp(-rate * step) + rng.gauss(0, noise), 5) for step in range(count)
    ]


def cosine(peak: float, count: int = EPOCHS) -> list:
    return [round(peak * (1 + math.cos(math.pi * step / count)) / 2, 7) for step in range(count)]


def samples(epoch: int, sharpness: float) -> Image.Image:
    """Four predicted shapes that get sharper as the training goes on."""
    picture = Image.new("RGB", (96, 24), "white")
    draw = ImageDraw.Draw(picture)
    for index in range(4):
        left = index * 24 + 4
        shade = int(255 - 225 * sharpness * (0.7 + 0.1 * index))
        colour = [(40, 90, shade), (shade, 80, 60), (60, shade, 90), (shade, shade, 40)][index]
        box = (left, 4, left + 16, 20)
        draw.ellipse(box, fill=colour) if index % 2 else draw.rectangle(box, fill=colour)
    draw.line((0, 23, 96 * epoch // EPOCHS, 23), fill="black")
    return picture


def confusion(accuracy: float) -> bytes:
    side = 12
    picture = Image.new("L", (side * len(CLASSES),) * 2, 255)
    draw = ImageDraw.Draw(picture)
    for row in range(len(CLASSES)):
        for column in range(len(CLASSES)):
            share = accuracy if row == column else rng.random() * (1 - accuracy)
            draw.rectangle(
                (column * side, row * side, column * side + side - 2, row * side + side - 2),
                fill=int(255 * (1 - share)),
            )
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def sound(frequency: float, noise: float) -> bytes:
    """A third of a second of a tone with hiss."""
    rate, buffer = 8000, io.BytesIO()
    values = [
        math.sin(2 * math.pi * frequency * index / rate) * 0.5 + rng.gauss(0, noise) for index in range(rate // 3)
    ]
    with wave.open(buffer, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(b"".join(struct.pack("<h", int(16000 * max(-1, min(1, value)))) for value in values))
    return buffer.getvalue()


def log_of(name: str, losses: list, last_line: str) -> bytes:
    lines = [f"[{name}] epoch {epoch:02d}  train loss {loss:.4f}" for epoch, loss in enumerate(losses)]
    return ("\n".join([*lines, last_line]) + "\n").encode()
