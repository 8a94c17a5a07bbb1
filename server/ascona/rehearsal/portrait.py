"""The picture of a simulated person: a simple drawn figure that breathes and blinks and wears its name."""

import colorsys
import math
import unicodedata

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 320, 240

_LARGER = 2  # drawn larger and made smaller, so that edges are soft
_LIPS = "#8c3f3a"
_LOOKS = (  # skin, hair
    ("#f1c9a5", "#3b2a20"),
    ("#8d5a3b", "#1d1a1a"),
    ("#e0ac7e", "#8a8a8a"),
    ("#f6d7bd", "#a5682a"),
    ("#6b4226", "#2a2222"),
    ("#c68a5e", "#5a4a42"),
    ("#f1c9a5", "#d8b26a"),
)


def portrait(name: str, seed: int, turn: float, mouth: float) -> Image.Image:
    """
    Draw one frame.

    Args:
        name: Written on the shirt, high enough for a page to lay a label below.
        seed: Which colours.
        turn: 0 to 1 through a movement that ends where it began.
        mouth: 0 closed to 1 open.

    Returns:
        An RGB image of `WIDTH` x `HEIGHT`.
    """
    image = Image.new("RGB", (WIDTH * _LARGER, HEIGHT * _LARGER), _tint(seed, 0.82, 0.35))
    draw = ImageDraw.Draw(image)
    x = 160 + 5 * math.sin(math.tau * turn)
    y = 96 + 2.5 * math.sin(2 * math.tau * turn)
    _figure(draw, x, y, seed)
    _face(draw, x + 2 * math.sin(math.tau * turn), y, blinks=0.60 < turn < 0.67, mouth=mouth)
    font = ImageFont.load_default(20 * _LARGER)
    draw.text((160 * _LARGER, 191 * _LARGER), _plain(name), "#ffffff", font, anchor="mm")
    return image.reduce(_LARGER)


def _plain(name: str) -> str:
    """Without accents, which the font that comes with Pillow lacks."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))


def _figure(draw: ImageDraw.ImageDraw, x: float, y: float, seed: int) -> None:
    skin, hair = _LOOKS[seed % len(_LOOKS)]
    _oval(draw, x, y - 6, 55, 62, hair)
    _oval(draw, x, 250, 100, 84, _tint(seed, 0.36, 0.40))
    _oval(draw, x, y + 56, 19, 26, skin)
    _oval(draw, x, y + 6, 46, 56, skin)


def _face(draw: ImageDraw.ImageDraw, x: float, y: float, blinks: bool, mouth: float) -> None:
    for side in (-18, 18):
        _oval(draw, x + side, y - 4, 4.5, 1 if blinks else 5, "#2b2220")
    if mouth > 0.1:
        _oval(draw, x, y + 35, 13 - 3 * mouth, 2 + 6 * mouth, _LIPS)
    else:
        smile = (x - 16, y + 14, x + 16, y + 38)
        draw.arc(tuple(edge * _LARGER for edge in smile), 45, 135, _LIPS, 3 * _LARGER)


def _oval(draw: ImageDraw.ImageDraw, x: float, y: float, across: float, down: float, colour: str) -> None:
    box = (x - across, y - down, x + across, y + down)
    draw.ellipse(tuple(edge * _LARGER for edge in box), colour)


def _tint(seed: int, lightness: float, saturation: float) -> str:
    """A hue far from that of the seeds before: steps of the golden section go round the wheel evenly."""
    red, green, blue = colorsys.hls_to_rgb(seed * 0.618 % 1, lightness, saturation)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"
