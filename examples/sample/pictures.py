"""Illustrations for the sample portal, drawn with Pillow.

    from pictures import scene
    scene("lake", 7, "content/x/news/y/lake.jpg")            # 1200 x 800
    scene("portrait", "zhou", "content/x/leaders/zhou.jpg")  # 480 x 640

Kinds: mountain lake town tea office bridge school market forest night festival portrait.
The same kind, seed (a number or a text) and size always give the same picture. JPEG files stay
below LIMIT bytes: the quality starts at 72 and is lowered only if it has to be.
"""

import io
import math
import random
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter

LIMIT = 88_000
SS = 2  # everything is drawn twice as large and scaled down: smooth edges

# sky top, sky bottom, far ridge, near ridge, ground, water, accent
PALETTES = {
    "dawn": ("#7fa3c4", "#f6dcc0", "#a9b4c6", "#3f5a66", "#5d7a5a", "#9db4bf", "#c8553d"),
    "noon": ("#6fa8cf", "#e4f0f0", "#9fbccb", "#2f6153", "#6b9458", "#7fb0bd", "#b5452f"),
    "dusk": ("#5b5f8d", "#f2b999", "#8e86a8", "#39405f", "#5a5a5c", "#8f8fae", "#d9803f"),
    "mist": ("#b9c7c6", "#f1f0e6", "#bccac8", "#4d6b67", "#71876a", "#b4c6c4", "#9c4a36"),
    "autumn": ("#8fb2c9", "#f7ead0", "#b7b9b3", "#5c5a41", "#a08a4b", "#a2b3ad", "#b8482a"),
    "spring": ("#8cc0d8", "#f3f5e6", "#a9c8c0", "#3d7057", "#86b05f", "#92bfc0", "#c2566b"),
}
NIGHT = ("#0f1b38", "#37477a", "#2b3a63", "#131f3a", "#10182c", "#1b2a52", "#f2b84b")


def rgb(value):
    if isinstance(value, tuple):
        return value
    value = value.lstrip("#")
    return tuple(int(value[i : i + 2], 16) for i in (0, 2, 4))


def mix(a, b, t):
    a, b = rgb(a), rgb(b)
    return tuple(round(x + (y - x) * t) for x, y in zip(a, b))


def gradient(width, height, stops):
    """A vertical gradient through evenly spaced colours."""
    column = Image.new("RGB", (1, max(height, 1)))
    for y in range(max(height, 1)):
        t = y / max(height - 1, 1) * (len(stops) - 1)
        i = min(int(t), len(stops) - 2)
        column.putpixel((0, y), mix(stops[i], stops[i + 1], t - i))
    return column.resize((width, max(height, 1)))


class Painter:
    """A canvas whose unit `u` is 1/800 of its height."""

    def __init__(self, kind, seed, size, palette=None):
        self.rng = random.Random(f"{kind}:{seed}")
        self.w, self.h = size[0] * SS, size[1] * SS
        self.u = self.h / 800
        name = self.rng.choice(sorted(PALETTES))
        self.pal = palette or PALETTES[name]
        self.img = gradient(self.w, self.h, [self.pal[0], self.pal[1], self.pal[1]])
        self.draw = ImageDraw.Draw(self.img)

    # ---- basics -------------------------------------------------------------------------
    def paste(self, layer, mask, at=(0, 0)):
        self.img.paste(layer, at, mask)

    def poly(self, points, colour):
        self.draw.polygon([(round(x), round(y)) for x, y in points], fill=rgb(colour))

    def rect(self, x0, y0, x1, y1, colour):
        self.draw.rectangle([round(x0), round(y0), round(x1), round(y1)], fill=rgb(colour))

    def oval(self, cx, cy, rx, ry, colour):
        self.draw.ellipse([round(cx - rx), round(cy - ry), round(cx + rx), round(cy + ry)], fill=rgb(colour))

    def line(self, points, colour, width):
        self.draw.line([(round(x), round(y)) for x, y in points], fill=rgb(colour), width=max(1, round(width)), joint="curve")

    def glow(self, cx, cy, radius, colour, strength=150):
        radius = round(radius)
        mask = Image.radial_gradient("L").resize((radius * 2, radius * 2))
        mask = mask.point([max(0, round((255 - min(255, i * 1.42)) / 255 * strength)) for i in range(256)])
        self.paste(Image.new("RGB", mask.size, rgb(colour)), mask, (round(cx) - radius, round(cy) - radius))

    def veil(self, y0, y1, colour, top, bottom):
        """A band of mist: opacity runs from `top` to `bottom`."""
        y0, y1 = round(y0), round(y1)
        if y1 <= y0:
            return
        mask = gradient(self.w, y1 - y0, [(top,) * 3, (bottom,) * 3]).convert("L")
        self.paste(Image.new("RGB", mask.size, rgb(colour)), mask, (0, y0))

    # ---- landscape ----------------------------------------------------------------------
    def sun(self, x=None, y=None):
        x = x or self.w * self.rng.uniform(0.15, 0.85)
        y = y or self.h * self.rng.uniform(0.14, 0.26)
        warm = mix(self.pal[1], "#fff6df", 0.7)
        self.glow(x, y, 300 * self.u, warm, 170)
        self.oval(x, y, 34 * self.u, 34 * self.u, warm)

    def clouds(self, count=4, low=0.3):
        layer = Image.new("L", (self.w // 4, self.h // 4), 0)
        pen = ImageDraw.Draw(layer)
        for _ in range(count):
            cx, cy = self.rng.uniform(0, self.w / 4), self.rng.uniform(0.05, low) * self.h / 4
            span = self.rng.uniform(30, 75) * self.u / 4 * 2
            for _ in range(7):
                dx = self.rng.uniform(-span, span) * 1.6
                r = self.rng.uniform(0.25, 0.5) * span * (1 - abs(dx) / (span * 2.2))
                pen.ellipse([cx + dx - r * 2, cy - r * 0.6, cx + dx + r * 2, cy + r * 0.6], fill=150)
        layer = layer.filter(ImageFilter.GaussianBlur(5 * self.u / 2)).resize((self.w, self.h), Image.BICUBIC)
        self.paste(Image.new("RGB", (self.w, self.h), mix(self.pal[1], "#ffffff", 0.6)), layer)

    def ridge(self, base, height, rough=0.55, peaks=3):
        """A ridge line by midpoint displacement: points from left to right."""
        count = max(2, round(peaks * self.w / self.h / 1.5))
        ys = [base - height * self.rng.uniform(0.1, 1.0) for _ in range(count + 1)]
        spread = height * 0.34
        for _ in range(7):
            nxt = []
            for a, b in zip(ys, ys[1:]):
                nxt += [a, (a + b) / 2 + self.rng.uniform(-spread, spread)]
            ys = nxt + [ys[-1]]
            spread *= rough * 0.86
        step = self.w / (len(ys) - 1)
        return [(i * step, y) for i, y in enumerate(ys)]

    def mountain(self, line, top, bottom, depth=420):
        """Fill below a ridge line, fading from `top` to `bottom`."""
        ymin = max(0, int(min(y for _, y in line)))
        mask = Image.new("L", (self.w, self.h - ymin), 0)
        ImageDraw.Draw(mask).polygon([(x, y - ymin) for x, y in line] + [(self.w, self.h), (0, self.h)], fill=255)
        near = round(depth * self.u)
        fill = Image.new("RGB", mask.size, rgb(bottom))
        fill.paste(gradient(self.w, min(near, mask.size[1]), [top, bottom]), (0, 0))
        self.paste(fill, mask, (0, ymin))

    def ranges(self, horizon, layers=4, tall=300):
        """Layered mountains, each nearer one darker, with mist at their feet."""
        lines = []
        for i in range(layers):
            t = i / max(layers - 1, 1)
            base = horizon - (1 - t) * 90 * self.u
            tone = mix(self.pal[2], self.pal[3], t)
            line = self.ridge(base, tall * self.u * (1 - 0.62 * t), 0.6 - 0.1 * t, 3 + i)
            self.mountain(line, tone, mix(tone, self.pal[1], 0.62), 300)
            lines.append(line)
        return lines

    def reflect(self, horizon, colour, strength=0.5):
        """Water below `horizon`: the picture above, mirrored, tinted, with ripples."""
        horizon = round(horizon)
        depth = self.h - horizon
        top = max(0, horizon - depth)
        mirror = self.img.crop((0, top, self.w, horizon)).transpose(Image.FLIP_TOP_BOTTOM).resize((self.w, depth))
        mirror = mirror.filter(ImageFilter.GaussianBlur(3 * self.u))
        tint = gradient(self.w, depth, [mix(colour, self.pal[1], 0.4), mix(colour, "#20343f", 0.25)])
        self.img.paste(Image.blend(mirror, tint, strength), (0, horizon))
        self.draw = ImageDraw.Draw(self.img)
        for _ in range(round(90 * self.w / self.h)):
            t = self.rng.random() ** 0.7
            y = horizon + t * depth
            x, length = self.rng.uniform(-0.1, 1) * self.w, self.rng.uniform(20, 130) * self.u * (0.3 + t)
            shade = self.img.getpixel((min(max(round(x), 0), self.w - 1), min(round(y), self.h - 1)))
            self.line([(x, y), (x + length, y)], mix(shade, self.rng.choice(["#ffffff", self.pal[3]]), 0.18), (0.6 + 1.8 * t) * self.u)

    # ---- things -------------------------------------------------------------------------
    def tree(self, x, y, size, colour=None):
        colour = colour or mix(self.pal[3], self.pal[4], self.rng.uniform(0.2, 0.9))
        self.rect(x - size * 0.05, y - size * 0.45, x + size * 0.05, y, mix("#54402f", self.pal[3], 0.35))
        for _ in range(7):
            dx, dy = self.rng.uniform(-0.28, 0.28) * size, self.rng.uniform(0.42, 0.95) * size
            r = size * self.rng.uniform(0.18, 0.28)
            self.oval(x + dx, y - dy, r, r * 0.9, mix(colour, self.pal[1], self.rng.uniform(0, 0.22)))

    def pine(self, x, y, size, colour):
        self.rect(x - size * 0.03, y - size * 0.2, x + size * 0.03, y, mix("#4a3728", colour, 0.4))
        for i in range(4):
            w, top = size * (0.3 - 0.055 * i), y - size * (0.42 + 0.2 * i)
            low = y - size * (0.12 + 0.19 * i)
            shade = mix(colour, self.pal[1], 0.05 * i)
            self.poly([(x - w, low), (x, top), (x + w, low)], shade)
            self.poly([(x, low), (x, top), (x + w, low)], mix(shade, "#000000", 0.1))

    def person(self, x, y, size, top=None, low=None, arm=0):
        """A plain figure standing at y; arm 1 raises a hand."""
        top = top or self.rng.choice([self.pal[6], "#35577a", "#d9a441", "#f0ece2", "#4d7a5f", "#7a4f6d"])
        low = low or self.rng.choice(["#2d3440", "#3c4a5c", "#4b4238"])
        skin = self.rng.choice(["#e8c4a0", "#dcb48e"])
        s = size
        self.rect(x - s * 0.09, y - s * 0.42, x - s * 0.015, y, low)
        self.rect(x + s * 0.015, y - s * 0.42, x + s * 0.09, y, low)
        self.draw.rounded_rectangle([x - s * 0.13, y - s * 0.8, x + s * 0.13, y - s * 0.38], radius=max(1, round(s * 0.07)), fill=rgb(top))
        side = self.rng.choice([-1, 1])
        self.line([(x - side * s * 0.12, y - s * 0.74), (x - side * s * 0.17, y - s * 0.45)], mix(top, "#000000", 0.12), s * 0.065)
        end = (x + side * s * 0.26, y - s * 0.98) if arm else (x + side * s * 0.18, y - s * 0.46)
        self.line([(x + side * s * 0.12, y - s * 0.74), end], mix(top, "#000000", 0.12), s * 0.065)
        self.oval(x, y - s * 0.9, s * 0.085, s * 0.1, skin)
        self.draw.pieslice([x - s * 0.1, y - s * 1.02, x + s * 0.1, y - s * 0.82], 180, 360, fill=rgb("#2b2623"))

    def roof(self, x0, x1, y, rise, colour, over=0.12):
        """A tiled roof with upturned eaves above the line y."""
        w = x1 - x0
        a, b, mid = x0 - w * over, x1 + w * over, (x0 + x1) / 2
        left, right = [], []
        for i in range(13):
            t = i / 12
            sag = math.sin(t * math.pi) * rise * 0.2
            lift = rise * 0.16 * (1 - t) ** 3
            left.append((a + (x0 + w * 0.2 - a) * t, y - rise * t + sag - lift))
            right.append((b - (b - x1 + w * 0.2) * t, y - rise * t + sag - lift))
        self.poly(left + right[::-1] + [(mid, y + rise * 0.03)], colour)
        self.rect(x0 + w * 0.17, y - rise * 1.06, x1 - w * 0.17, y - rise * 0.95, mix(colour, "#000000", 0.25))
        self.line([left[0], (mid, y + rise * 0.06), right[0]], mix(colour, "#000000", 0.3), 2 * self.u)
        for i in range(1, 12):
            t = i / 12
            self.line([(x0 + w * 0.2 + w * 0.6 * t, y - rise * 0.93), (a + (b - a) * t, y - rise * 0.05)], mix(colour, "#ffffff", 0.09), 1.1 * self.u)

    def house(self, x, y, width, height, wall=None, roof=None, lit=False):
        wall = wall or mix(self.rng.choice(["#f3efe4", "#e9e2d2", "#ece8df", "#ddd2bd"]), self.pal[1], 0.25)
        roof = roof or mix(self.rng.choice(["#4b5358", "#5a5550", "#3f4a50"]), self.pal[3], 0.25)
        self.rect(x, y - height, x + width, y, wall)
        self.rect(x + width * 0.82, y - height, x + width, y, mix(wall, "#000000", 0.08))
        beam = mix("#6b4630", self.pal[3], 0.2)
        glass = "#f4c66a" if lit else mix("#5a6b70", self.pal[3], 0.3)
        floors = 2 if height > width * 0.75 else 1
        count = max(2, round(width / (38 * self.u)))
        for f in range(floors):
            fy = y - height * (f + 1) / floors
            for i in range(count):
                cx = x + width * (i + 0.5) / count
                ww, hh = width / count * 0.24, height / floors * 0.24
                cy = fy + height / floors * 0.48
                pane = glass if not lit or self.rng.random() < 0.65 else mix(glass, "#1b2540", 0.8)
                self.rect(cx - ww - 2 * self.u, cy - hh - 2 * self.u, cx + ww + 2 * self.u, cy + hh + 2 * self.u, beam)
                self.rect(cx - ww, cy - hh, cx + ww, cy + hh, pane)
                self.line([(cx, cy - hh), (cx, cy + hh)], beam, 1.5 * self.u)
            if f:
                self.rect(x - width * 0.02, y - height / 2 - 3 * self.u, x + width * 1.02, y - height / 2 + 2 * self.u, beam)
        self.roof(x, x + width, y - height, width * 0.24 + 14 * self.u, roof)

    def street(self, y, low, high, lit=False):
        """A row of old houses along the line y."""
        x = -self.rng.uniform(0, 80) * self.u
        while x < self.w:
            width = self.rng.uniform(110, 210) * self.u
            self.house(x, y, width, self.rng.uniform(low, high) * self.u, lit=lit)
            x += width * self.rng.uniform(1.02, 1.16)

    def block(self, x, y, width, height, wall, glass, lit=0.0):
        """A modern building with a grid of windows."""
        self.rect(x, y - height, x + width, y, wall)
        self.rect(x + width * 0.86, y - height, x + width, y, mix(wall, "#000000", 0.12))
        self.rect(x - 3 * self.u, y - height - 6 * self.u, x + width + 3 * self.u, y - height, mix(wall, "#000000", 0.22))
        cols, rows = max(3, round(width / (26 * self.u))), max(2, round(height / (34 * self.u)))
        for r in range(rows):
            for c in range(cols):
                x0 = x + width * (c + 0.2) / cols
                y0 = y - height + height * (r + 0.25) / rows
                pane = mix(glass, self.pal[1], self.rng.uniform(0, 0.3))
                if lit and self.rng.random() < lit:
                    pane = mix("#f7cf7c", "#e89b4b", self.rng.random())
                self.rect(x0, y0, x0 + width / cols * 0.6, y0 + height / rows * 0.5, pane)

    def lantern(self, x, y, size, colour="#cf3a2b"):
        self.line([(x, y - size * 1.5), (x, y)], "#3a2c24", 1.5 * self.u)
        self.oval(x, y, size, size * 0.82, colour)
        self.oval(x, y, size * 0.5, size * 0.8, mix(colour, "#ffd27a", 0.4))
        self.rect(x - size * 0.4, y - size * 0.95, x + size * 0.4, y - size * 0.72, "#d9a441")
        self.rect(x - size * 0.4, y + size * 0.72, x + size * 0.4, y + size * 0.95, "#d9a441")
        self.line([(x, y + size * 0.9), (x, y + size * 1.7)], "#d9a441", 2 * self.u)

    def ground(self, y, colour=None, far=None):
        colour = colour or self.pal[4]
        y = round(y)
        self.img.paste(gradient(self.w, self.h - y, [far or mix(colour, self.pal[1], 0.35), colour]), (0, y))
        self.draw = ImageDraw.Draw(self.img)

    def grass(self, y, count=260):
        for _ in range(count):
            x, gy = self.rng.uniform(0, self.w), self.rng.uniform(y, self.h)
            s = 4 * self.u * (1 + 2.5 * (gy - y) / max(self.h - y, 1))
            shade = mix(self.pal[4], self.rng.choice([self.pal[3], "#e6dfa8"]), self.rng.uniform(0.15, 0.45))
            self.line([(x, gy), (x + self.rng.uniform(-0.5, 0.5) * s, gy - s)], shade, 1.4 * self.u)

    def boat(self, x, y, size):
        dark = mix("#3d2f27", self.pal[3], 0.3)
        self.poly([(x - size, y - size * 0.12), (x + size, y - size * 0.12), (x + size * 0.75, y + size * 0.1), (x - size * 0.75, y + size * 0.1)], dark)
        self.draw.pieslice([x - size * 0.5, y - size * 0.5, x + size * 0.35, y + size * 0.26], 180, 360, fill=mix("#8a7350", self.pal[3], 0.25))
        self.person(x + size * 0.66, y - size * 0.1, size * 0.75, top=mix("#35577a", self.pal[3], 0.3))
        self.line([(x + size * 0.8, y - size * 0.75), (x + size * 1.1, y + size * 0.3)], dark, 2 * self.u)

    # ---- finish -------------------------------------------------------------------------
    def finish(self, size, grain=0.028):
        img = self.img.resize(size, Image.LANCZOS)
        noise = Image.frombytes("L", (size[0] // 2, size[1] // 2), self.rng.randbytes((size[0] // 2) * (size[1] // 2)))
        noise = noise.resize(size, Image.BICUBIC).convert("RGB")
        img = ImageChops.add(img, noise.point([round((i - 128) * grain + 128) for i in range(256)] * 3), 1, -128)
        # darker corners
        edge = Image.radial_gradient("L").resize(size).point([max(0, round((i - 150) * 0.42)) for i in range(256)])
        img.paste(Image.new("RGB", size, mix(self.pal[3], "#000000", 0.5)), (0, 0), edge)
        return img


def mountain(p):
    p.sun()
    p.clouds(5)
    horizon = p.h * p.rng.uniform(0.74, 0.82)
    p.ranges(horizon, p.rng.randint(4, 6), p.rng.uniform(330, 430))
    p.veil(horizon - 150 * p.u, horizon, p.pal[1], 0, 120)
    p.veil(horizon, horizon + 130 * p.u, p.pal[1], 120, 40)
    front = p.ridge(p.h * 0.94, 120 * p.u, 0.45, 2)
    p.mountain(front, mix(p.pal[3], p.pal[4], 0.35), mix(p.pal[3], "#000000", 0.15), 200)
    for _ in range(round(26 * p.w / p.h)):
        x, y = p.rng.choice(front)
        p.pine(x, y + p.rng.uniform(6, 90) * p.u, p.rng.uniform(50, 110) * p.u, mix(p.pal[3], p.pal[4], p.rng.uniform(0, 0.3)))


def lake(p):
    p.sun()
    p.clouds(4, 0.22)
    horizon = p.h * p.rng.uniform(0.5, 0.58)
    p.ranges(horizon, 4, p.rng.uniform(190, 280))
    x = p.rng.uniform(0.05, 0.5) * p.w
    shore = p.ridge(horizon, 26 * p.u, 0.4, 4)
    p.mountain(shore, mix(p.pal[3], p.pal[4], 0.5), p.pal[4], 60)
    for i in range(p.rng.randint(3, 6)):
        p.house(x, horizon, p.rng.uniform(44, 70) * p.u, p.rng.uniform(24, 38) * p.u)
        x += p.rng.uniform(70, 110) * p.u
    for _ in range(22):
        p.tree(p.rng.uniform(0, p.w), horizon + 2 * p.u, p.rng.uniform(24, 52) * p.u)
    p.reflect(horizon, p.pal[5], 0.46)
    for _ in range(p.rng.randint(1, 3)):
        s = p.rng.uniform(34, 62)
        p.boat(p.rng.uniform(0.15, 0.85) * p.w, horizon + (s * 2.6 + p.rng.uniform(10, 90)) * p.u, s * p.u)
    # reeds
    side = p.rng.choice([0, 1])
    for _ in range(80):
        x = p.w * (p.rng.random() ** 2 * 0.34 if side == 0 else 1 - p.rng.random() ** 2 * 0.34)
        y = p.h + 10 * p.u
        top = (x + p.rng.uniform(-26, 40) * p.u, y - p.rng.uniform(70, 190) * p.u)
        p.line([(x, y), top], mix(p.pal[4], p.pal[3], p.rng.uniform(0.2, 0.8)), 2.4 * p.u)
        if p.rng.random() < 0.4:
            p.oval(top[0], top[1], 3.5 * p.u, 13 * p.u, mix("#8a6a44", p.pal[3], 0.2))


def town(p):
    p.sun()
    p.clouds(4, 0.25)
    p.ranges(p.h * 0.62, 3, 300)
    p.ground(p.h * 0.62)
    for row, (y, low, high) in enumerate([(0.64, 44, 66), (0.72, 60, 88), (0.82, 80, 130)]):
        for _ in range(8):
            p.tree(p.rng.uniform(0, p.w), p.h * y - 16 * p.u, p.rng.uniform(50, 84 + 16 * row) * p.u)
        p.street(p.h * y, low, high)
    p.ground(p.h * 0.82, mix("#b9b0a0", p.pal[4], 0.2), mix("#cfc8b9", p.pal[1], 0.3))
    for _ in range(60):
        y = p.rng.uniform(0.84, 1) * p.h
        x, length = p.rng.uniform(0, p.w), p.rng.uniform(30, 90) * p.u
        p.line([(x, y), (x + length, y)], mix("#a89f8f", p.pal[4], 0.3), 2 * p.u)
    for _ in range(p.rng.randint(5, 9)):
        y = p.rng.uniform(0.86, 0.97)
        p.person(p.rng.uniform(0.05, 0.95) * p.w, y * p.h, (60 + (y - 0.86) * 420) * p.u)


def tea(p):
    p.sun()
    p.clouds(4, 0.25)
    p.ranges(p.h * 0.55, 4, 280)
    p.veil(p.h * 0.42, p.h * 0.56, p.pal[1], 0, 140)
    green = mix("#4f8a45", p.pal[4], 0.35)
    hill, slope = p.rng.uniform(0.25, 0.75), p.rng.uniform(0.5, 1.0)
    for i in range(15):
        t = i / 14
        base = p.h * (0.52 + 0.52 * t ** 1.15)
        curve = []
        for k in range(61):
            x = k / 60
            bend = -math.exp(-((x - hill) ** 2) / 0.09) * 105 * slope * (1 - 0.45 * t) + math.sin(x * 5 + i * 0.32) * 9
            curve.append((x * p.w, base + bend * p.u))
        lit = mix(green, "#cfe08a", 0.28 * (1 - t))
        p.poly(curve + [(p.w, p.h), (0, p.h)], mix(green, "#1e3a24", 0.42))
        thick = (9 + 17 * t) * p.u
        p.poly(curve + [(x, y + thick) for x, y in reversed(curve)], lit)
        r = (5 + 7 * t) * p.u
        for k in range(int(p.w / (r * 1.5))):
            x = k * r * 1.5
            j = min(int(x / p.w * 60), 59)
            y = curve[j][1] + (curve[j + 1][1] - curve[j][1]) * (x / p.w * 60 - j)
            p.oval(x, y + 2 * p.u, r, r * 0.8, mix(lit, "#e9f0a8", p.rng.uniform(0, 0.16)))
        if i in (6, 9, 12):
            for _ in range(p.rng.randint(1, 3)):
                j = p.rng.randint(6, 54)
                s = (46 + 60 * t) * p.u
                p.person(curve[j][0], curve[j][1] + s * 0.3, s, top=p.rng.choice(["#c65b4a", "#e7e2d4", "#3f6d8c"]))
                p.poly([(curve[j][0] - s * 0.22, curve[j][1] - s * 0.62), (curve[j][0], curve[j][1] - s * 0.8), (curve[j][0] + s * 0.22, curve[j][1] - s * 0.62)], "#d8bf82")


def office(p):
    p.sun()
    p.clouds(5, 0.3)
    p.ranges(p.h * 0.7, 2, 210)
    base = p.h * 0.76
    p.ground(base, mix("#a9aba6", p.pal[4], 0.2))
    wall, glass = mix("#e6e1d6", p.pal[1], 0.3), mix("#4f7890", p.pal[3], 0.2)
    for _ in range(10):
        p.tree(p.rng.uniform(0, p.w), base, p.rng.uniform(90, 150) * p.u)
    mid = p.w * p.rng.uniform(0.42, 0.58)
    side, tall = p.rng.uniform(200, 270) * p.u, p.rng.uniform(250, 350) * p.u
    wing = tall * p.rng.uniform(0.55, 0.75)
    p.block(mid - side * 1.75, base, side * 1.75, wing, wall, glass)
    p.block(mid, base, side * 1.75, wing, wall, glass)
    p.block(mid - side * 0.62, base, side * 1.24, tall, mix(wall, "#ffffff", 0.25), glass)
    band = mix(p.rng.choice(["#8c2f2a", "#29527a", "#3b6650"]), p.pal[3], 0.15)
    p.rect(mid - side * 0.62, base - tall - 22 * p.u, mid + side * 0.62, base - tall, band)
    p.rect(mid - side * 0.8, base - 84 * p.u, mid + side * 0.8, base - 68 * p.u, band)
    for i in range(6):
        x = mid - side * 0.72 + side * 1.44 * i / 5
        p.rect(x - 6 * p.u, base - 68 * p.u, x + 6 * p.u, base, mix(wall, "#000000", 0.1))
    p.rect(mid - side * 0.4, base - 60 * p.u, mid + side * 0.4, base, mix(glass, "#0d1a22", 0.4))
    for i in range(4):
        grow = 1 + i * 0.06
        p.rect(mid - side * 0.85 * grow, base + i * 8 * p.u, mid + side * 0.85 * grow, base + (i + 1) * 8 * p.u, mix("#d8d3c8", "#8f8a80", i / 4))
    pole = mid + side * p.rng.choice([-1, 1]) * 1.1
    p.rect(pole - 2 * p.u, base - 300 * p.u, pole + 2 * p.u, base + 40 * p.u, "#c9ccd0")
    p.poly([(pole, base - 298 * p.u), (pole + 76 * p.u, base - 292 * p.u), (pole + 76 * p.u, base - 246 * p.u), (pole, base - 250 * p.u)], "#c8322b")
    for x in range(0, p.w, round(62 * p.u)):
        p.oval(x, base + 52 * p.u, 38 * p.u, 20 * p.u, mix("#4f7d4a", p.pal[4], p.rng.uniform(0.2, 0.6)))
    p.poly([(mid - side * 0.7, base + 32 * p.u), (mid + side * 0.7, base + 32 * p.u), (mid + side * 1.6, p.h), (mid - side * 1.6, p.h)], mix("#cfccc4", p.pal[1], 0.2))
    for _ in range(p.rng.randint(3, 7)):
        y = p.rng.uniform(0.84, 0.96)
        p.person(mid + p.rng.uniform(-1, 1) * side, y * p.h, (56 + (y - 0.84) * 380) * p.u)


def bridge(p):
    p.sun()
    p.clouds(4, 0.22)
    water = p.h * 0.66
    p.ranges(water, 4, 300)
    for _ in range(26):
        p.tree(p.rng.choice([p.rng.uniform(0, 0.22), p.rng.uniform(0.78, 1)]) * p.w, water, p.rng.uniform(40, 90) * p.u)
    stone = mix("#a49c8e", p.pal[1], 0.15)
    deck = water - 120 * p.u
    if p.rng.random() < 0.55:  # stone arches
        spans = p.rng.choice([3, 5])
        hump = p.rng.uniform(20, 56) * p.u
        curve = [(p.w * (k / 60), deck - math.sin(k / 60 * math.pi) * hump) for k in range(61)]
        p.poly(curve + [(p.w, water), (0, water)], stone)
        arch = Image.new("L", p.img.size, 0)
        pen = ImageDraw.Draw(arch)
        for i in range(spans):
            cx, half = p.w * (i + 0.5) / spans, p.w / spans * 0.37
            top = deck - math.sin((i + 0.5) / spans * math.pi) * hump + 34 * p.u
            pen.ellipse([cx - half, top, cx + half, top + (water - top) * 2], fill=255)
            p.draw.ellipse([cx - half - 9 * p.u, top - 9 * p.u, cx + half + 9 * p.u, top + (water - top) * 2], fill=rgb(mix(stone, "#000000", 0.18)))
        inside = gradient(p.w, p.h, [mix(p.pal[2], p.pal[1], 0.4), mix(p.pal[2], p.pal[1], 0.4), mix(p.pal[3], p.pal[2], 0.5)])
        p.paste(inside, arch)
        for k in range(0, 60, 1):
            x, y = curve[k]
            p.rect(x - 2 * p.u, y - 24 * p.u, x + 3 * p.u, y, mix(stone, "#ffffff", 0.2))
        p.line([(x, y - 24 * p.u) for x, y in curve], mix(stone, "#ffffff", 0.25), 5 * p.u)
        p.line(curve, mix(stone, "#000000", 0.2), 3 * p.u)
        for _ in range(5):
            x, y = curve[p.rng.randint(8, 52)]
            p.person(x, y - 2 * p.u, 52 * p.u)
    else:  # a cable-stayed road bridge
        deck = water - 76 * p.u
        tone = mix("#dfe3e4", p.pal[1], 0.2)
        for cx in (0.3, 0.7):
            x, top = p.w * cx, deck - 250 * p.u
            for k in range(1, 11):
                for sgn in (-1, 1):
                    p.line([(x, top + k * 8 * p.u), (x + sgn * k * p.w * 0.019, deck)], mix(tone, p.pal[2], 0.35), 1.6 * p.u)
            p.poly([(x - 7 * p.u, top), (x + 7 * p.u, top), (x + 16 * p.u, water), (x - 16 * p.u, water)], tone)
        p.rect(0, deck, p.w, deck + 17 * p.u, mix(tone, "#000000", 0.12))
        p.rect(0, deck - 5 * p.u, p.w, deck, tone)
        for _ in range(9):
            x, w = p.rng.uniform(0, p.w), p.rng.uniform(24, 44) * p.u
            p.draw.rounded_rectangle([x, deck - 17 * p.u, x + w, deck - 4 * p.u], radius=round(5 * p.u), fill=rgb(p.rng.choice(["#c8452f", "#f1efe9", "#33526e", "#d5a53f"])))
    p.reflect(water, p.pal[5], 0.42)
    for _ in range(2):
        s = p.rng.uniform(30, 50)
        p.boat(p.rng.uniform(0.15, 0.85) * p.w, water + (s * 1.8 + p.rng.uniform(10, 60)) * p.u, s * p.u)


def school(p):
    p.sun()
    p.clouds(5, 0.28)
    p.ranges(p.h * 0.6, 2, 220)
    base = p.h * 0.66
    p.ground(base, mix("#7fae6a", p.pal[4], 0.3))
    wall = mix(p.rng.choice(["#f1e7cf", "#f0ddc8", "#e9ece6"]), p.pal[1], 0.15)
    trim = mix(p.rng.choice(["#b4533d", "#3f7196", "#5c8a5a"]), p.pal[3], 0.1)
    x = p.w * 0.04
    while x < p.w * 0.92:
        width, height = p.rng.uniform(240, 380) * p.u, p.rng.uniform(150, 240) * p.u
        width = min(width, p.w * 0.97 - x)
        if width < 120 * p.u:
            break
        p.block(x, base, width, height, wall, mix("#6d93a6", p.pal[3], 0.15))
        p.rect(x, base - height - 16 * p.u, x + width, base - height, trim)
        x += width + p.rng.uniform(10, 60) * p.u
    for _ in range(12):
        p.tree(p.rng.uniform(0, p.w), base + 6 * p.u, p.rng.uniform(60, 110) * p.u)
    track = mix("#b8573f", p.pal[4], 0.2)
    cx, cy = p.w / 2, p.h * 0.87
    p.oval(cx, cy, p.w * 0.56, 150 * p.u, track)
    for k in range(1, 4):
        p.draw.ellipse([cx - p.w * (0.56 - 0.025 * k), cy - (150 - 13 * k) * p.u, cx + p.w * (0.56 - 0.025 * k), cy + (150 - 13 * k) * p.u], outline=rgb(mix(track, "#ffffff", 0.5)), width=round(2 * p.u))
    p.oval(cx, cy, p.w * 0.46, 98 * p.u, mix("#6ea35a", p.pal[4], 0.2))
    pole = p.w * p.rng.uniform(0.4, 0.6)
    p.rect(pole - 2 * p.u, base - 210 * p.u, pole + 2 * p.u, base + 40 * p.u, "#d2d4d6")
    p.poly([(pole, base - 208 * p.u), (pole + 62 * p.u, base - 204 * p.u), (pole + 62 * p.u, base - 166 * p.u), (pole, base - 168 * p.u)], "#c8322b")
    people = sorted((p.rng.uniform(0.78, 0.97), p.rng.uniform(0.08, 0.92)) for _ in range(p.rng.randint(9, 14)))
    for y, x in people:
        p.person(x * p.w, y * p.h, (54 + (y - 0.78) * 190) * p.u, top=p.rng.choice([trim, "#f4f1ea", "#3a66a0", "#e0b040"]), arm=p.rng.random() < 0.4)


def market(p):
    p.clouds(4, 0.25)
    p.ranges(p.h * 0.45, 2, 180)
    p.street(p.h * 0.6, 110, 165)
    p.ground(p.h * 0.6, mix("#b3a894", p.pal[4], 0.15), mix("#cbc2b1", p.pal[1], 0.25))
    goods = ["#d9542f", "#e3a53a", "#7c9f45", "#b03a4a", "#5f7f3a", "#e8d9a0", "#8a5a33"]
    for row, (y, size) in enumerate([(0.72, 120), (0.95, 190)]):
        x = -p.rng.uniform(10, 90) * p.u
        for _ in range(4 if row == 0 else 3):
            p.person(p.rng.uniform(0, p.w), p.h * y - size * 0.25 * p.u, size * 0.95 * p.u)
        while x < p.w:
            w = size * p.rng.uniform(1.5, 2.0) * p.u
            top, low = p.h * y - size * 1.25 * p.u, p.h * y - size * 0.9 * p.u
            for post in (x + w * 0.04, x + w * 0.96):
                p.rect(post - 3 * p.u, top, post + 3 * p.u, p.h * y, "#6d5540")
            p.person(x + w * 0.5, p.h * y - size * 0.05 * p.u, size * 0.86 * p.u)
            p.rect(x, p.h * y - size * 0.42 * p.u, x + w, p.h * y, mix("#8a6a4a", p.pal[3], 0.2))
            for k in range(6):
                cx, tone = x + w * (k + 0.5) / 6, p.rng.choice(goods)
                for _ in range(9):
                    p.oval(cx + p.rng.uniform(-0.06, 0.06) * w, p.h * y - size * p.rng.uniform(0.4, 0.52) * p.u, size * 0.05 * p.u, size * 0.05 * p.u, mix(tone, "#ffffff", p.rng.uniform(0, 0.2)))
            a, b = p.rng.choice([("#b8402f", "#f3ead8"), ("#2f6a70", "#f0ead9"), ("#c98a2b", "#f6efdd"), ("#3f6b45", "#efe9d6")])
            for k in range(8):
                p.poly([(x + w * (0.06 + 0.88 * k / 8), top), (x + w * (0.06 + 0.88 * (k + 1) / 8), top), (x + w * (k + 1) / 8, low), (x + w * k / 8, low)], a if k % 2 else b)
                p.draw.pieslice([x + w * k / 8, low - 12 * p.u, x + w * (k + 1) / 8, low + 12 * p.u], 0, 180, fill=rgb(a if k % 2 else b))
            x += w * p.rng.uniform(1.06, 1.25)
    for _ in range(4):
        p.person(p.rng.uniform(0.05, 0.95) * p.w, p.h * p.rng.uniform(0.985, 1.02), p.rng.uniform(190, 215) * p.u)


def forest(p):
    p.sun()
    p.ranges(p.h * 0.55, 3, 260)
    for row in range(6):
        t = row / 5
        y = p.h * (0.52 + 0.42 * t)
        tone = mix(p.pal[2], p.pal[3], 0.35 + 0.65 * t)
        line = p.ridge(y, 40 * p.u, 0.4, 3)
        p.mountain(line, mix(tone, p.pal[4], 0.45), mix(p.pal[4], p.pal[1], 0.3 * (1 - t)), 120)
        for _ in range(round((34 - row * 3) * p.w / p.h)):
            x, gy = p.rng.choice(line)
            size = p.rng.uniform(60, 100) * (0.6 + 1.5 * t) * p.u
            if p.rng.random() < 0.72:
                p.pine(x, gy + 14 * p.u, size, mix(tone, "#2f5a3c", 0.35))
            else:
                p.tree(x, gy + 14 * p.u, size * 0.8, mix(tone, p.rng.choice(["#b8863b", "#6f9a45", "#a9552f"]), 0.5))
        if row < 5:
            p.veil(y - 30 * p.u, y + 50 * p.u, p.pal[1], 0, round(66 * (1 - t)))
    p.grass(p.h * 0.9, 300)


def night(p):
    for _ in range(170):
        x, y, r = p.rng.uniform(0, p.w), p.rng.uniform(0, 0.42) * p.h, p.rng.uniform(0.5, 1.5) * p.u
        p.oval(x, y, r, r, mix("#ffffff", p.pal[1], p.rng.random() * 0.7))
    mx, my = p.w * p.rng.uniform(0.15, 0.85), p.h * 0.17
    p.glow(mx, my, 150 * p.u, "#f3e9c8", 120)
    p.oval(mx, my, 30 * p.u, 30 * p.u, "#f6efd6")
    water = p.h * 0.68
    p.ranges(water, 3, 250)
    x = 0
    while x < p.w:
        w = p.rng.uniform(50, 110) * p.u
        p.block(x, water - 30 * p.u, w, p.rng.uniform(70, 250) * p.u, mix(p.pal[3], p.pal[1], p.rng.uniform(0.05, 0.3)), "#1a2644", lit=p.rng.uniform(0.25, 0.6))
        x += w * p.rng.uniform(1.05, 1.6)
    p.street(water, 44, 80, lit=True)
    for k in range(round(13 * p.w / p.h)):
        x = (k + 0.5) * p.w / round(13 * p.w / p.h)
        p.glow(x, water - 26 * p.u, 42 * p.u, p.pal[6], 150)
        p.oval(x, water - 26 * p.u, 5 * p.u, 5 * p.u, "#fff0c8")
    p.reflect(water, p.pal[5], 0.3)


def festival(p):
    p.clouds(3, 0.2)
    p.ranges(p.h * 0.55, 3, 240)
    p.street(p.h * 0.64, 100, 160)
    p.ground(p.h * 0.64, mix("#c2b299", p.pal[4], 0.15))
    for row in range(2):
        y0 = p.h * (0.1 + 0.1 * row)
        rope = [(k / 40 * p.w, y0 + math.sin(k / 40 * math.pi * (2 + row)) ** 2 * 46 * p.u) for k in range(41)]
        p.line(rope, "#4b3a30", 2 * p.u)
        for k in range(2 - row, 40, 4):
            p.lantern(rope[k][0], rope[k][1] + 34 * p.u, 22 * p.u)
    gate = p.w * p.rng.uniform(0.35, 0.65)
    for sgn in (-1, 1):
        x = gate + sgn * 150 * p.u
        p.rect(x - 12 * p.u, p.h * 0.36, x + 12 * p.u, p.h * 0.68, mix("#9c3326", p.pal[3], 0.1))
    p.rect(gate - 175 * p.u, p.h * 0.42, gate + 175 * p.u, p.h * 0.47, mix("#2f5f73", p.pal[3], 0.1))
    p.roof(gate - 170 * p.u, gate + 170 * p.u, p.h * 0.37, 62 * p.u, mix("#4c5350", p.pal[3], 0.2))
    tones = ["#c43d2e", "#e2a33a", "#2f6f8f", "#3f8a62", "#8a3f74", "#1f2f4a"]
    for row in range(3):
        y, size, count = p.h * (0.74 + 0.11 * row), 96 + 34 * row, 11 - 2 * row
        shift = p.rng.uniform(-0.5, 0.5)
        for k in range(round(count * p.w / p.h / 1.5)):
            x = (k + 0.5 + shift + p.rng.uniform(-0.22, 0.22)) * p.w / round(count * p.w / p.h / 1.5)
            p.person(x, y + p.rng.uniform(-8, 8) * p.u, size * p.u, top=p.rng.choice(tones), low=p.rng.choice(["#1f2f4a", "#5a2430", "#2d3440"]), arm=p.rng.random() < 0.75)
    for _ in range(110):
        x, y, r = p.rng.uniform(0, p.w), p.rng.uniform(0, 0.9) * p.h, p.rng.uniform(2, 5) * p.u
        p.rect(x, y, x + r * 1.6, y + r, mix(p.rng.choice(tones[:4]), "#ffffff", 0.2))


def portrait(p):
    """A neutral bust: no face, so that nobody is shown."""
    back = p.rng.choice([("#dfe7ee", "#b7c6d3"), ("#e9e6df", "#c9c3b6"), ("#dfe8e4", "#b4c8c0"), ("#e6e3ec", "#c1bccd")])
    p.img = gradient(p.w, p.h, back)
    p.draw = ImageDraw.Draw(p.img)
    s, cx = p.w, p.w / 2
    p.glow(cx, p.h * 0.42, s * 0.62, "#ffffff", 120)
    suit = p.rng.choice(["#2c3a4f", "#343a42", "#27434f", "#3d3550"])
    skin, hair = "#b9a798", p.rng.choice(["#332f2d", "#3b3735", "#4a4644"])
    skin = mix(skin, back[1], 0.25)
    long_hair = p.rng.random() < 0.35
    top = p.h * 0.74
    if long_hair:
        p.draw.rounded_rectangle([cx - s * 0.21, p.h * 0.25, cx + s * 0.21, p.h * 0.63], radius=round(s * 0.17), fill=rgb(hair))
    p.draw.rounded_rectangle([cx - s * 0.085, p.h * 0.5, cx + s * 0.085, top + s * 0.05], radius=round(s * 0.05), fill=rgb(mix(skin, "#000000", 0.12)))
    body = [(cx - s * 0.46, p.h)]
    for k in range(21):
        t = k / 20
        body.append((cx - s * 0.44 + t * s * 0.36, p.h * 0.86 - math.sin(t * math.pi / 2) ** 0.8 * p.h * 0.18))
    p.poly(body + [(2 * cx - x, y) for x, y in reversed(body)], suit)
    p.poly([(cx - s * 0.085, top - s * 0.08), (cx + s * 0.085, top - s * 0.08), (cx, p.h * 0.9)], "#eef0f1")
    p.poly([(cx - s * 0.085, top - s * 0.09), (cx - s * 0.15, top - s * 0.05), (cx - s * 0.03, p.h * 0.97), (cx, p.h * 0.9)], mix(suit, "#ffffff", 0.12))
    p.poly([(cx + s * 0.085, top - s * 0.09), (cx + s * 0.15, top - s * 0.05), (cx + s * 0.03, p.h * 0.97), (cx, p.h * 0.9)], mix(suit, "#ffffff", 0.08))
    if not long_hair:
        tie = p.rng.choice(["#7a2f35", "#2f4f7a", "#4a5a4a"])
        p.poly([(cx - s * 0.025, top - s * 0.04), (cx + s * 0.025, top - s * 0.04), (cx + s * 0.035, p.h * 0.87), (cx, p.h * 0.895), (cx - s * 0.035, p.h * 0.87)], tie)
    p.oval(cx, p.h * 0.41, s * 0.165, s * 0.215, skin)
    p.draw.chord([cx - s * 0.178, p.h * 0.225, cx + s * 0.178, p.h * 0.225 + s * 0.36], 186, 354, fill=rgb(hair))
    part = p.rng.choice([-1, 1])
    p.draw.chord([cx - s * (0.175 if part < 0 else 0.02), p.h * 0.24, cx + s * (0.175 if part > 0 else 0.02), p.h * 0.24 + s * 0.23], 180, 360, fill=rgb(hair))


SCENES = {f.__name__: f for f in (mountain, lake, town, tea, office, bridge, school, market, forest, night, festival, portrait)}


def scene(kind, seed, path, size=None):
    """Draw one picture and write it to `path` (.jpg or .png); returns the path."""
    if kind not in SCENES:
        raise ValueError(f"unknown kind {kind!r}; one of {', '.join(sorted(SCENES))}")
    size = tuple(size or ((480, 640) if kind == "portrait" else (1200, 800)))
    painter = Painter(kind, seed, size, NIGHT if kind == "night" else None)
    SCENES[kind](painter)
    img = painter.finish(size, 0.012 if kind == "portrait" else 0.028)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() == ".png":
        colours = 128
        while True:
            out = io.BytesIO()
            img.quantize(colours, method=Image.MEDIANCUT, dither=Image.NONE).save(out, "PNG", optimize=True)
            if out.tell() <= LIMIT or colours <= 16:
                break
            colours //= 2
    else:
        quality = 72
        while True:
            out = io.BytesIO()
            img.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
            if out.tell() <= LIMIT or quality <= 30:
                break
            quality -= 4
    path.write_bytes(out.getvalue())
    return path


if __name__ == "__main__":
    import sys

    if len(sys.argv) < 4:
        sys.exit("usage: pictures.py KIND SEED PATH [WIDTHxHEIGHT]")
    wanted = tuple(int(v) for v in sys.argv[4].split("x")) if len(sys.argv) > 4 else None
    scene(sys.argv[1], sys.argv[2], sys.argv[3], wanted)
