"""Emblems of the sample's offices and banners of its townships, drawn with Pillow.

    python3 examples/sample/emblems.py

In: the colours in sites/*.yaml. Out: content/<site>/emblem.png (a seal with one character: needs Noto Serif CJK) for every office but the
main portal, content/<site>/banner.jpg (the strip of a landscape) for every township but 岫峰镇, which has one of its own. compose.py draws those of its own sites when it
composes them, so this need be run only after a colour of the other ten has changed.
"""

import re
import sys
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))
from pictures import NIGHT, SCENES, Painter  # noqa: E402

FONT = "/usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc"
SIMPLIFIED = 2  # the face for zh-CN inside the collection
SIDE, SHARP = 144, 4
BANNER, SCENE = (1600, 300), (1600, 1000)

# One character says what an office is for.
SIGNS = dict(
    entry.split(":")
    for entry in """
    fgj:发 jyj:教 kjj:科 gxj:工 mzw:族 gaj:安 mzj:民 sfj:法 czj:财 rsj:人 zrj:地 sthjj:绿 zjj:住 jtj:交 swuj:水 nyj:农 swj:商 wlj:旅
    wjw:卫 tyjrj:军 yjj:急 sjj:审 wsb:外 gzw:资 scj:市 tyj:体 tjj:统 ybj:保 xfj:信 lcj:林 daj:档 dfz:志 jgj:管 zwfw:办 ggzy:公 xxzx:网
    cgj:城 rfb:防 xczx:村 gjj:积 swjj:税 qxj:气 dzj:震 ycj:烟 yzj:邮 xfjy:消 dljg:电 zsj:招 jrb:融 lsj:粮 kfb:迁 kfq:开 gxq:新 lyq:湖
    bwg:博 tsg:书 whg:文 msg:美 kjg:探 tyzx:动 yyzx:医 zyy:药 fybj:幼 jkzx:疾 xzx:血 zyxy:技 sfxx:师 jsjx:修 gbds:播 ysrb:媒
    zgh:职 tsw:团 fnl:妇 clh:残 gsl:联 kxh:学 hszh:红 gsgs:供
    """.split()
)

# What stands in a township's banner, and how far down its scene the strip lies.
VIEWS = {
    "yunxi": ("town", 0.40), "nanmen": ("market", 0.40), "hubin": ("lake", 0.42), "qingshi": ("bridge", 0.40),
    "baihe": ("lake", 0.42), "longtan": ("lake", 0.42), "maling": ("mountain", 0.34), "chayuan": ("tea", 0.42), "shuangqiao": ("bridge", 0.40),
    "hekou": ("bridge", 0.40), "songping": ("forest", 0.36), "daping": ("mountain", 0.34), "xinzhai": ("town", 0.40), "luotian": ("tea", 0.42),
}  # fmt: skip


def emblem(site, colour):
    """A round seal in the office's colour with its character in white."""
    side = SIDE * SHARP
    picture = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    pen.ellipse([0, 0, side - 1, side - 1], fill=colour)
    inset = side * 0.055
    pen.ellipse([inset, inset, side - inset, side - inset], outline="white", width=round(side * 0.02))
    font = ImageFont.truetype(FONT, round(side * 0.56), index=SIMPLIFIED)
    left, top, right, bottom = pen.textbbox((0, 0), SIGNS[site], font=font)
    pen.text(((side - right - left) / 2, (side - bottom - top) / 2), SIGNS[site], font=font, fill="white")
    small = picture.resize((SIDE, SIDE), Image.LANCZOS).quantize(32, method=Image.FASTOCTREE, dither=Image.NONE)
    out = BytesIO()
    small.save(out, "PNG", optimize=True)
    write(site, "emblem.png", out.getvalue())


def banner(site):
    """The strip of a landscape, 1600 × 300."""
    kind, at = VIEWS[site]
    painter = Painter(kind, site, SCENE, NIGHT if kind == "night" else None)
    SCENES[kind](painter)
    top = round(SCENE[1] * at)
    strip = painter.finish(SCENE, 0.02).crop((0, top, BANNER[0], top + BANNER[1]))
    out = BytesIO()
    strip.save(out, "JPEG", quality=64, optimize=True, progressive=True)
    write(site, "banner.jpg", out.getvalue())


def dress(site, colour):
    """Draws what a site has, and says which settings name it."""
    if site in VIEWS:
        banner(site)
        return {"banner": "banner.jpg"}
    emblem(site, colour)
    return {"emblem": "emblem.png"}


def write(site, name, data):
    path = ROOT / "content" / site / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def main():
    for site in (*SIGNS, *VIEWS):
        settings = (ROOT / "sites" / f"{site}.yaml").read_text(encoding="utf-8")
        dress(site, re.search(r'color: "?(#\w+)', settings)[1])
    print(f"{len(SIGNS)} emblems, {len(VIEWS)} banners")


if __name__ == "__main__":
    main()
