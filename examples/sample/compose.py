"""Compose the sample's 84 modest sites from the table of facts.

    python3 examples/sample/compose.py

Reads offices.yaml and FACTS.md and writes sites/<id>.yaml and content/<id>/ for every office in the
table, nothing else. The result is ordinary content, kept in the repository; running this again gives
the same bytes. Needs Pillow (for the pictures) and otherwise only the standard library.
"""

import json
import re
import shutil
import sys
import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from xml.sax.saxutils import escape

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))
from emblems import dress  # noqa: E402
from pictures import scene  # noqa: E402

CITY = "云岫市"
HOURS = "工作日 09:00—12:00，13:30—17:00"
CENTRE = "湖滨街道湖滨大道 66 号市政务服务中心"


# ---- reading the table ----------------------------------------------------------------------
# A small reader for the part of YAML the table uses: nested maps and lists, flow lists, texts in
# double quotes and `|` blocks. Dates and numbers stay texts.


def scalar(text):
    text = text.strip()
    if text.startswith('"'):
        return json.loads(text)
    if text.startswith("["):
        value, end = flow(text, 0)
        if text[end:].strip():
            raise ValueError(f"text after a list: {text}")
        return value
    return {"true": True, "false": False, "null": None}.get(text, text)


def flow(text, at):
    items, word, at = [], "", at + 1
    while True:
        c = text[at]
        if c == "[":
            value, at = flow(text, at)
            items.append(value)
            word = None
            continue
        if c in ",]":
            if word is not None and (word.strip() or c == ","):
                items.append(scalar(word))
            word = ""
            if c == "]":
                return items, at + 1
        elif word is not None:
            word += c
        at += 1


def read_table(text):
    lines = [line.rstrip() for line in text.split("\n")]
    depth = lambda line: len(line) - len(line.lstrip(" "))  # noqa: E731
    blank = lambda line: not line.strip() or line.lstrip().startswith("#")  # noqa: E731

    def skip(i):
        while i < len(lines) and blank(lines[i]):
            i += 1
        return i

    def value(rest, i, indent):
        """The value after a key at `indent`; `i` is the next line."""
        if rest == "|":
            block = []
            while i < len(lines) and (not lines[i].strip() or depth(lines[i]) > indent):
                block.append(lines[i])
                i += 1
            width = min(depth(line) for line in block if line)
            return "\n".join(line[width:] for line in block).strip() + "\n", i
        if rest:
            return scalar(rest), i
        i = skip(i)
        return node(i, depth(lines[i]))

    def node(i, indent):
        i = skip(i)
        if lines[i].lstrip().startswith("- "):
            items = []
            while True:
                i = skip(i)
                if i >= len(lines) or depth(lines[i]) != indent or not lines[i].lstrip().startswith("- "):
                    return items, i
                rest = lines[i].lstrip()[2:]
                if re.match(r"[A-Za-z_]+:( |$)", rest):
                    lines[i] = " " * (indent + 2) + rest
                    item, i = node(i, indent + 2)
                else:
                    item, i = scalar(rest), i + 1
                items.append(item)
        found = {}
        while True:
            i = skip(i)
            if i >= len(lines) or depth(lines[i]) != indent or lines[i].lstrip().startswith("- "):
                return found, i
            match = re.match(r" *([A-Za-z_]+):(?: +(.*))?$", lines[i])
            if not match:
                raise ValueError(f"line {i + 1}: {lines[i]}")
            key = match[1]
            if key in found:
                raise ValueError(f"line {i + 1}: {key} twice")
            found[key], i = value((match[2] or "").strip(), i + 1, indent)

    return node(0, 0)[0]


# ---- writing --------------------------------------------------------------------------------


def emit_scalar(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if re.fullmatch(r"\d{4}-\d\d-\d\d( \d\d:\d\d)?", value):
        return value
    plain = re.match(r"[A-Za-z\u4e00-\u9fff《“]", value) and not re.search(r": |:$| #|[\[\]{},]|^(true|false|null|yes|no|on|off|y|n)$", value, re.I)
    return value if plain else json.dumps(value, ensure_ascii=False)


def emit(data, indent=0):
    """YAML of nested maps and lists."""
    pad, out = " " * indent, []
    for key, value in data.items():
        if value is None or value == [] or value == {}:
            continue
        if isinstance(value, dict):
            out.append(f"{pad}{key}:\n{emit(value, indent + 2)}")
        elif isinstance(value, list):
            if all(isinstance(v, str) and re.fullmatch(r"[\w/\u4e00-\u9fff-]+", v) for v in value):
                out.append(f"{pad}{key}: [{', '.join(emit_scalar(v) for v in value)}]\n")
                continue
            out.append(f"{pad}{key}:\n")
            for v in value:
                if isinstance(v, dict) and not any(isinstance(x, (dict, list)) for x in v.values()) and len(v) > 1 and "columns" not in v:
                    inside = ", ".join(f"{k}: {emit_scalar(x)}" for k, x in v.items())
                    out.append(f"{pad}  - {{ {inside} }}\n")
                elif isinstance(v, dict):
                    out.append(pad + "  - " + emit(v, indent + 4).lstrip())
                else:
                    out.append(f"{pad}  - {emit_scalar(v)}\n")
        else:
            out.append(f"{pad}{key}: {emit_scalar(value)}\n")
    return "".join(out)


def zipped(parts):
    """A zip file with the same bytes every time."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for name, text in parts:
            info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = 0o644 << 16
            z.writestr(info, text.encode("utf-8"), zipfile.ZIP_DEFLATED, 9)
    return out.getvalue()


XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
DOC = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TALL = re.compile("理由|经过|说明|内容|请求|情况|事项|承诺|措施|条件|计划|概述|用途|意见|构想|环境|安排|设备|要求")


def core(title, office):
    return (
        XML + '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{escape(title)}</dc:title><dc:creator>{escape(office)}</dc:creator>"
        '<dcterms:created xsi:type="dcterms:W3CDTF">2026-01-01T00:00:00Z</dcterms:created></cp:coreProperties>'
    )


def docx(title, office, fields, note):
    """A form: heading, a four-column table (long fields across it), notes."""

    def para(text, style="", align="", size=24):
        look = f'<w:pStyle w:val="{style}"/>' if style else ""
        look += f'<w:jc w:val="{align}"/>' if align else ""
        return (
            f"<w:p><w:pPr>{look}</w:pPr><w:r><w:rPr><w:sz w:val=\"{size}\"/></w:rPr>"
            f'<w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'
        )

    def cell(text, width, span=1):
        span = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
        return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{span}<w:vAlign w:val="center"/></w:tcPr>{para(text)}</w:tc>'

    def row(cells, height):
        return f'<w:tr><w:trPr><w:trHeight w:val="{height}"/></w:trPr>{"".join(cells)}</w:tr>'

    rows, pending = [], []
    for field in fields:
        if TALL.search(field):
            if pending:
                rows.append(row([cell(pending.pop(), 2000), cell("", 6800, 3)], 560))
            rows.append(row([cell(field, 2000), cell("", 6800, 3)], 1300))
        else:
            pending.append(field)
            if len(pending) == 2:
                rows.append(row([cell(pending[0], 2000), cell("", 2400), cell(pending[1], 2000), cell("", 2400)], 560))
                pending = []
    if pending:
        rows.append(row([cell(pending[0], 2000), cell("", 6800, 3)], 560))
    rows.append(row([cell("受理意见", 2000), cell("经办人：　　　　　　　　　年　　月　　日", 6800, 3)], 900))
    side = "".join(f'<w:{s} w:val="single" w:sz="6" w:space="0" w:color="000000"/>' for s in ("top", "left", "bottom", "right", "insideH", "insideV"))
    grid = "".join(f'<w:gridCol w:w="{w}"/>' for w in (2000, 2400, 2000, 2400))
    body = (
        para(title, "Heading1", "center", 36)
        + para(f"{office}制　　　　　　　　　　　　　　编号：", size=21)
        + f'<w:tbl><w:tblPr><w:tblW w:w="8800" w:type="dxa"/><w:tblBorders>{side}</w:tblBorders></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{"".join(rows)}</w:tbl>'
        + para("填表说明", size=21)
        + para("1. 用黑色签字笔填写或打印，字迹清楚，不得涂改。", size=21)
        + "".join(para(f"{i}. {text}", size=21) for i, text in enumerate(note, 2))
    )
    main = (
        XML + '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>' + body
        + '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1440" w:right="1500" w:bottom="1440" w:left="1500" w:header="800" w:footer="800" w:gutter="0"/></w:sectPr></w:body></w:document>'
    )
    styles = (
        XML + '<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:docDefaults><w:rPrDefault><w:rPr>'
        '<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:eastAsia="仿宋"/><w:lang w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault></w:docDefaults>'
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:basedOn w:val="Normal"/><w:pPr><w:spacing w:after="240"/><w:outlineLvl w:val="0"/></w:pPr><w:rPr><w:b/></w:rPr></w:style></w:styles>'
    )
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    return zipped([
        ("[Content_Types].xml", XML + f'<Types xmlns="{TYPES}"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="{word}.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="{word}.styles+xml"/><Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>'),
        ("_rels/.rels", XML + f'<Relationships xmlns="{RELS}"><Relationship Id="rId1" Type="{DOC}/officeDocument" Target="word/document.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>'),
        ("docProps/core.xml", core(title, office)),
        ("word/_rels/document.xml.rels", XML + f'<Relationships xmlns="{RELS}"><Relationship Id="rId1" Type="{DOC}/styles" Target="styles.xml"/></Relationships>'),
        ("word/document.xml", main),
        ("word/styles.xml", styles),
    ])


def xlsx(title, office, fields, note):
    """A list to fill in: title, headings, empty rows with borders, notes."""
    last = chr(64 + len(fields))
    text = lambda ref, style, value: f'<c r="{ref}" s="{style}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'  # noqa: E731
    rows = [f'<row r="1" ht="30" customHeight="1">{text("A1", 1, title)}</row>']
    rows.append(f'<row r="2">{text("A2", 0, f"填报单位（盖章）：　　　　　　制表：{office}")}</row>')
    rows.append('<row r="3" ht="24" customHeight="1">' + "".join(text(f"{chr(65 + i)}3", 2, f) for i, f in enumerate(fields)) + "</row>")
    for r in range(4, 16):
        rows.append(f'<row r="{r}" ht="20" customHeight="1">' + "".join(f'<c r="{chr(65 + i)}{r}" s="3"/>' for i in range(len(fields))) + "</row>")
    for i, line in enumerate(note):
        rows.append(f'<row r="{16 + i}">{text(f"A{16 + i}", 0, f"注{i + 1}：{line}")}</row>')
    ns = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    widths = "".join(f'<col min="{i + 1}" max="{i + 1}" width="{max(10, len(f) * 2.2):.1f}" customWidth="1"/>' for i, f in enumerate(fields))
    sheet = XML + f'<worksheet xmlns="{ns}"><cols>{widths}</cols><sheetData>{"".join(rows)}</sheetData><mergeCells count="2"><mergeCell ref="A1:{last}1"/><mergeCell ref="A2:{last}2"/></mergeCells></worksheet>'
    edge = "".join(f'<{s} style="thin"><color auto="1"/></{s}>' for s in ("left", "right", "top", "bottom")) + "<diagonal/>"
    styles = (
        XML + f'<styleSheet xmlns="{ns}"><fonts count="3"><font><sz val="11"/><name val="宋体"/></font><font><b/><sz val="16"/><name val="宋体"/></font><font><b/><sz val="11"/><name val="宋体"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
        f'<borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border><border>{edge}</border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
        '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1" applyAlignment="1"><alignment horizontal="center" vertical="center"/></xf>'
        '<xf numFmtId="0" fontId="2" fillId="0" borderId="1" xfId="0" applyFont="1" applyBorder="1" applyAlignment="1"><alignment horizontal="center" vertical="center" wrapText="1"/></xf>'
        '<xf numFmtId="0" fontId="0" fillId="0" borderId="1" xfId="0" applyBorder="1"/></cellXfs></styleSheet>'
    )
    sheetml = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    return zipped([
        ("[Content_Types].xml", XML + f'<Types xmlns="{TYPES}"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{sheetml}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="{sheetml}.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="{sheetml}.styles+xml"/><Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>'),
        ("_rels/.rels", XML + f'<Relationships xmlns="{RELS}"><Relationship Id="rId1" Type="{DOC}/officeDocument" Target="xl/workbook.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>'),
        ("docProps/core.xml", core(title, office)),
        ("xl/workbook.xml", XML + f'<workbook xmlns="{ns}" xmlns:r="{DOC}"><sheets><sheet name="表" sheetId="1" r:id="rId1"/></sheets></workbook>'),
        ("xl/_rels/workbook.xml.rels", XML + f'<Relationships xmlns="{RELS}"><Relationship Id="rId1" Type="{DOC}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="{DOC}/styles" Target="styles.xml"/></Relationships>'),
        ("xl/worksheets/sheet1.xml", sheet),
        ("xl/styles.xml", styles),
    ])


# ---- the columns of each kind of office -----------------------------------------------------

COLUMNS = {
    "bureau": [("news", "工作动态"), ("notices", "通知公告"), ("about", "机构概况"), ("leaders", "领导信息"), ("open", "政务公开"), ("guide", "办事指南"), ("forms", "表格下载")],
    "bureau2": [("about", "机构职能"), ("leaders", "领导信息"), ("news", "部门要闻"), ("notices", "公示公告"), ("open", "政务公开"), ("guide", "办事服务"), ("forms", "表格下载")],
    "utility": [("notices", "停供公告"), ("news", "新闻动态"), ("guide", "用户服务"), ("forms", "资料下载"), ("about", "走进我们"), ("leaders", "领导班子"), ("open", "信息公开")],
    "hospital": [("about", "医院概况"), ("leaders", "医院领导"), ("guide", "就诊指南"), ("notices", "就医公告"), ("news", "医院动态"), ("open", "院务公开"), ("forms", "资料下载")],
    "museum": [("notices", "参观公告"), ("guide", "参观服务"), ("news", "馆内动态"), ("about", "走进本馆"), ("leaders", "馆领导"), ("open", "政务公开"), ("forms", "资料下载")],
    "library": [("news", "馆内动态"), ("activities", "读者活动"), ("notices", "读者公告"), ("guide", "读者服务"), ("about", "本馆概况"), ("leaders", "馆领导"), ("open", "规章制度"), ("forms", "资料下载")],
    "culture": [("news", "文化动态"), ("notices", "公告启事"), ("guide", "服务指南"), ("about", "单位概况"), ("leaders", "领导信息"), ("open", "政务公开"), ("forms", "资料下载")],
    "venue": [("notices", "开放公告"), ("news", "场馆动态"), ("guide", "场馆服务"), ("about", "中心简介"), ("leaders", "领导信息"), ("open", "政务公开"), ("forms", "资料下载")],
    "school": [("about", "学校概况"), ("leaders", "学校领导"), ("news", "校园新闻"), ("notices", "通知公告"), ("open", "校务公开"), ("guide", "师生服务"), ("forms", "资料下载")],
    "media": [("news", "台内新闻"), ("notices", "公告"), ("guide", "业务办理"), ("about", "关于我们"), ("leaders", "领导信息"), ("open", "政务公开"), ("forms", "资料下载")],
    "mass": [("about", "组织概况"), ("leaders", "领导班子"), ("news", "工作动态"), ("notices", "通知公告"), ("open", "信息公开"), ("guide", "服务群众"), ("forms", "表格下载")],
    "zone": [("about", "园区概况"), ("leaders", "管委会领导"), ("news", "园区动态"), ("notices", "招商与公告"), ("open", "政务公开"), ("guide", "企业服务"), ("forms", "表格下载")],
    "township": [("about", "乡镇概况"), ("leaders", "领导信息"), ("news", "镇域动态"), ("notices", "通知公告"), ("villages", "村社风采"), ("products", "特色产品"), ("guide", "便民服务"), ("forms", "表格下载"), ("album", "图说")],
}
# Names that say more than the usual one.
NAMES = {
    "qxj": {"notices": "预警与公告", "news": "气象动态"},
    "tjj": {"news": "数据与动态"},
    "xfj": {"notices": "接访公告"},
    "scj": {"notices": "通告公示", "news": "监管动态"},
    "zrj": {"notices": "公告公示"},
    "ggzy": {"notices": "交易公告", "guide": "交易服务"},
    "jtj": {"notices": "出行提示"},
    "gaj": {"news": "警务动态", "notices": "警务通告"},
    "sfj": {"news": "法治动态"},
    "swjj": {"news": "税务新闻", "guide": "办税指南"},
    "gjj": {"guide": "业务指南"},
    "xzx": {"notices": "献血公告", "news": "血液动态", "guide": "献血服务"},
    "jkzx": {"notices": "健康提示", "guide": "健康服务"},
    "xfjy": {"news": "消防动态", "notices": "消防提示"},
    "zsj": {"notices": "项目发布", "guide": "投资服务"},
    "dljg": {"notices": "停电公告", "about": "走进供电局", "guide": "用电服务"},
    "gsgs": {"notices": "停水公告", "about": "走进中心", "guide": "用水服务"},
    "bwg": {"news": "展览与动态"},
    "kjg": {"news": "科普动态", "guide": "展教服务"},
    "whg": {"notices": "招生与公告"},
    "msg": {"news": "展讯", "notices": "征稿启事"},
    "dfz": {"news": "修志动态", "guide": "查阅服务"},
    "ysrb": {"news": "中心动态"},
    "nanmen": {"about": "街道概况", "villages": "社区风采", "news": "街道动态"},
    "hubin": {"about": "街道概况", "villages": "村社风采", "news": "湖滨动态"},
    "baihe": {"about": "镇情概况", "products": "白鹤物产"},
    "longtan": {"about": "镇情概况", "products": "龙潭特产", "album": "图说龙潭"},
    "maling": {"about": "镇情概况", "villages": "古道村落"},
    "chayuan": {"about": "镇情概况", "products": "茶园名优"},
    "shuangqiao": {"about": "镇情概况", "villages": "古桥人家"},
    "hekou": {"about": "镇情概况", "products": "河口物产", "album": "图说河口"},
    "songping": {"about": "乡情概况", "news": "乡村动态", "villages": "村寨风采"},
    "daping": {"about": "乡情概况", "news": "乡村动态", "villages": "彝乡村寨", "album": "图说大坪"},
    "xinzhai": {"about": "乡情概况", "news": "乡村动态"},
    "luotian": {"about": "乡情概况", "news": "乡村动态", "album": "图说落田"},
}
TYPES_OF = {"leaders": "leader", "notices": "notice", "guide": "guide", "forms": "download", "album": "album"}
SAYS = {
    "about": "{name}的职责、机构和联系方式",
    "leaders": "{name}领导的职务与分工",
    "news": "{name}的工作动态和基层一线消息",
    "notices": "{name}发布的通知、公告和公示",
    "guide": "{name}办理事项的条件、材料、流程和时限",
    "forms": "{name}办事表格的空白文本",
    "open": "{name}主动公开的文件",
    "villages": "{name}的村、社区和寨子",
    "products": "{name}的地方物产",
    "album": "用照片看{name}",
    "activities": "{name}面向读者的活动",
}
HOMES = {
    "bureau": [("news", 6, "headline"), ("notices", 5, "list"), ("guide", 4, "cards"), ("forms", 4, "links")],
    "utility": [("notices", 5, "list"), ("guide", 4, "cards"), ("news", 5, "headline"), ("forms", 4, "links")],
    "hospital": [("news", 5, "headline"), ("guide", 4, "cards"), ("notices", 5, "list"), ("leaders", 4, "cards")],
    "museum": [("news", 4, "pictures"), ("notices", 5, "list"), ("guide", 4, "cards")],
    "library": [("activities", 4, "cards"), ("news", 5, "headline"), ("notices", 5, "list"), ("guide", 4, "cards")],
    "township": [("news", 5, "headline"), ("villages", 4, "pictures"), ("products", 4, "pictures"), ("notices", 5, "list"), ("album", 4, "pictures"), ("guide", 4, "cards")],
    "mass": [("news", 5, "headline"), ("guide", 4, "cards"), ("notices", 5, "list"), ("forms", 4, "links")],
}
ABOUT_TITLES = {
    "bureau": ["机构概况", "{short}主要职责", "机构简介", "关于{short}", "{name}职能与联系方式"],
    "utility": ["走进{name}"],
    "hospital": ["医院概况", "走进{name}", "{name}简介"],
    "museum": ["走进{name}"],
    "library": ["{name}概况"],
    "culture": ["{name}简介", "关于{name}"],
    "venue": ["{name}简介"],
    "school": ["学校概况", "{name}简介"],
    "media": ["关于{name}"],
    "mass": ["{short}简介", "组织概况", "{name}职责与服务"],
    "zone": ["园区概况", "投资在这里：{name}概况"],
}
LEARNING = ["大学学历", "研究生学历", "大学学历，工学学士", "大学学历，法学学士", "研究生学历，管理学硕士"]
WEEKDAYS = ["周一", "周二", "周三", "周四", "周五"]
CHINESE = "一二三四五六七八九十"


def spread(key, count):
    """A number below `count` that belongs to a text and never changes."""
    return zlib.crc32(key.encode("utf-8")) % count


def contrast_with_white(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 1.05 / (0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05)


def sentence(body):
    """The first sentence of a body, when it makes a summary."""
    first = body.strip().split("\n")[0]
    if re.match(r"[#|>\-*0-9]", first) or "](" in first:
        return None
    first = re.split(r"(?<=。)", first)[0].replace("**", "")
    return first if 18 <= len(first) <= 90 else None


def table(head, rows):
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head)] + ["| " + " | ".join(r) + " |" for r in rows])


def phone(number):
    return f"0630-88{number}"


class Site:
    def __init__(self, ident, facts, code, index):
        self.id, self.f, self.code, self.index = ident, facts, code, index
        self.name, self.kind = facts["name"], facts["kind"]
        self.short = facts.get("short", self.name)
        self.full = CITY + self.name
        self.town = self.kind == "township"
        # What lists show: a township by its name, every office with the city before it.
        self.shown = self.name if self.town else self.short if self.short.startswith(("市", "团市委")) else f"市{self.short}"
        # a township's site is the place's, its documents come from its government
        self.by = self.full if not self.town else self.name + ("办事处" if "街道" in self.name else "人民政府")
        self.tel = int(facts["tel"])
        self.root = ROOT / "content" / ident
        self.used = set()

    # ---- items ------------------------------------------------------------------------------
    def write(self, column, slug, front, body, folder=False):
        place = self.root / column / slug if folder else self.root / column
        place.mkdir(parents=True, exist_ok=True)
        path = place / ("index.md" if folder else f"{slug}.md")
        if path.exists():
            raise ValueError(f"{path} written twice")
        path.write_text(f"---\n{emit(front)}---\n\n{body.strip()}\n", encoding="utf-8")
        self.used.add(column.split("/")[0])
        return place

    def picture(self, column, slug, pic, front, body):
        """Draw a picture and put it behind the first paragraph."""
        kind, alt, caption = pic
        name = f"{slug}.jpg"
        scene(kind, f"{self.id}-{slug}", self.root / column / name)
        front["image"] = name
        parts = body.strip().split("\n\n")
        parts.insert(2 if parts[0].startswith("#") else 1, f'![{alt}]({name} "{caption}")')
        return "\n\n".join(parts)

    def plain(self, column, item, letter):
        slug = item.get("slug") or letter + item["at"][:10].replace("-", "")
        front = {"title": item["title"], "date": item["at"], "source": self.by}
        body = item["body"]
        if item.get("share"):
            front["source"] = "云岫市融媒体中心" if spread(self.id, 3) == 0 else self.by
            front["share"] = ["www/news/townships" if self.town else "www/news/departments"]
        if spread(self.id + slug, 3) == 0:
            front["summary"] = sentence(body)
        for key in ("audience", "publish_at", "expires_at"):
            if item.get(key):
                front[key] = item[key]
        if item.get("draft"):
            front["draft"] = True
        if self.id == "qxj" and column == "notices":
            front["pinned"] = True
        if item.get("pic"):
            body = self.picture(column, slug, item["pic"], front, body)
        self.write(column, slug, front, body)

    def about(self):
        f, v = self.f, self.index % 5
        if self.town:
            title = f"走进{self.name}" if v in (0, 3) else f"{self.name}概况"
            facts = table(["项目", "数据"], f["facts"])
            where = f"办公地址：{f['addr']}；电话：{phone(self.tel)}。便民服务大厅工作日中午不休息，赶集日照常办事。"
            if "街道" in self.name:
                where = f"街道党群服务中心设在{f['addr']}，电话 {phone(self.tel)}。居民办事请就近到社区代办点，急事可拨 12345。"
            intro = f["intro"].split("。")
            if v in (0, 2):
                body = f"{f['intro']}\n\n## 基本数据\n\n{facts}\n\n## 怎样联系我们\n\n{where}"
            elif v in (1, 4):
                body = f"{intro[0]}。{'。'.join(intro[1:])}\n\n{facts}\n\n> {where}"
            else:
                body = f"{facts}\n\n## 地理与产业\n\n{f['intro']}\n\n## 联系方式\n\n{where}"
        else:
            names = ABOUT_TITLES[self.kind]
            title = names[self.index % len(names)].format(name=self.name, short=self.short)
            services = [s.split(" ", 1) for s in f["services"]]
            duties = f["duties"]
            hours = f.get("hours", HOURS)
            mail = f"{self.id}@yunxiu.gov.example"
            if v == 0:
                body = f"{f['intro']}\n\n## 主要职责\n\n" + "\n".join(f"{i}. {d}；" for i, d in enumerate(duties, 1)).rstrip("；") + "。"
                body += "\n\n## 常办事项\n\n" + table(["事项", "时限或安排"], services) + f"\n\n办公地址：{f['addr']}。"
            elif v == 1:
                body = f"{f['intro']}\n\n{self.short}目前主要承担{CHINESE[len(duties) - 1]}方面工作：\n\n" + "\n".join(f"- {d}" for d in duties)
                body += "\n\n群众和企业来办得最多的是" + "、".join(f"{a}（{b}）" for a, b in services) + f"。\n\n## 联系方式\n\n地址：{f['addr']}　电话：{phone(self.tel)}　邮箱：{mail}"
            elif v == 2:
                body = table(["项目", "内容"], [["全称", self.full], ["地址", f["addr"]], ["电话", phone(self.tel)], ["服务时间", hours]])
                body += f"\n\n## 基本情况\n\n{f['intro']}\n\n## 职责\n\n" + "；".join(duties) + "。\n\n## 服务事项\n\n" + "\n".join(f"- {a}：{b}" for a, b in services)
            elif v == 3:
                body = f"## 基本情况\n\n{f['intro']}\n\n## 做些什么\n\n" + "\n".join(f"- {d}" for d in duties)
                body += "\n\n## 可以来办什么\n\n" + "\n".join(f"- **{a}**，{b}" for a, b in services) + f"\n\n咨询电话：{phone(self.tel)}（{hours}）。"
            else:
                body = f"{f['intro']}\n\n" + "；".join(f"{CHINESE[i]}是{d}" for i, d in enumerate(duties)) + "。\n\n"
                body += table(["服务事项", "办理时限"], services) + f"\n\n> 地址：{f['addr']}。服务时间：{hours}。"
        front = {"title": title, "date": f"2026-09-{1 + self.index % 4:02d} 09:{self.index % 6}0", "source": self.by}
        if self.index % 9 == 4:
            front["updated"] = "2026-11-02 15:30"
        if f.get("about_pic"):
            body = self.picture("about", "overview", f["about_pic"], front, body)
        self.write("about", "overview", front, body)

    def leaders(self):
        people = self.f.get("leaders") or [self.f["leader"]]
        for n, (name, position, duties) in enumerate(people, 1):
            key = f"{self.id}{n}"
            day, nth = WEEKDAYS[spread(key + "d", 5)], CHINESE[spread(key + "n", 4)]
            year = 2019 + spread(key + "y", 7)
            home = ["双桥镇", "龙潭镇", "马岭镇", "河口镇", "松坪乡", "落田乡", "新寨乡", "茶园镇"][spread(key + "h", 8)]
            office = phone(self.tel + 1 + n)
            v = (self.index + n) % 6
            room = ["信访接待室", "一楼会客室", "政务服务窗口", "群众接待室"][spread(key + "r", 4)]
            if self.town:
                text = [
                    f"{name}，{position}，{year} 年到{self.name}工作。{duties}。\n\n赶集日上午在便民服务大厅坐班，群众可以不预约、直接来谈。包村期间每周不少于两天住在村里，联系电话在各村公开栏张贴。",
                    f"{duties}。\n\n## 联系群众\n\n每月第{nth}个{day}在便民服务中心接待来访，事项当场登记、限时答复；反映较多的道路、饮水、地界问题，每季度到村组开一次院坝会逐件回复。",
                    f"{name}现任{self.name}{position}，{duties}。\n\n- 接待时间：每周{day[1]}上午\n- 接待地点：{self.f['addr']}\n- 预约电话：{office}",
                ][v % 3]
            elif v == 0:
                text = f"{name}现任{self.full}{position}，{duties}。\n\n## 群众接待\n\n每月第{nth}个{day}上午在{room}接待来访群众，请提前一天拨打 {office} 预约，并简要说明事由。"
            elif v == 1:
                text = f"{duties}。挂钩联系{home}，每季度到联系点走访不少于两次。\n\n{year} 年起任现职，此前长期在基层和业务一线工作。\n\n来访接待安排在每月第{nth}个{day}上午，地点为{room}；书面来信请寄{self.f['addr']}，信封注明“{name}收”，十五日内答复。"
            elif v == 2:
                text = table(["项目", "内容"], [["姓名", name], ["职务", position], ["分工", duties], ["接待日", f"每月第{nth}个{day}"]]) + f"\n\n来访接待地点在{self.f['addr']}{room}，接待事项由办公室统一登记，五个工作日内回告进展。"
            elif v == 3:
                text = f"{name}，{position}。{duties}。\n\n- 联系乡镇：{home}\n- 公开电话：{office}\n- 接待安排：每月第{nth}个{day}，9:00—11:30\n\n因公外出时由其他班子成员代为接待，变动提前在通知公告中说明。"
            elif v == 4:
                text = f"{year} 年任现职，{duties}。\n\n> 反映问题请写明时间、地点和具体诉求。属于本单位职责的直接办理，不属于的告知受理渠道。\n\n公开电话：{office}（工作日）。"
            else:
                text = f"{name}同志负责的工作：\n\n1. {duties}；\n2. 联系{home}，督促帮扶和安全责任落实；\n3. 每月第{nth}个{day}接待群众来访。\n\n分工调整以最新公布的内容为准。"
            front = {"title": name, "date": f"2026-09-{7 + self.index % 12:02d} 10:00", "position": position, "duties": duties, "education": LEARNING[spread(key + "e", len(LEARNING))], "office_phone": office, "order": n}
            if self.index % 6 == 1 or len(people) > 1:
                scene("portrait", key, self.root / "leaders" / f"leader{n}.jpg")
                front["portrait"] = f"leader{n}.jpg"
            self.write("leaders", f"leader{n}", front, text)

    def guide(self):
        g, f, v = self.f["guide"], self.f, (self.index * 2 + 1) % 5
        form = f.get("form")
        link = None
        if form:
            # the form belongs to this service when one of the materials is the form
            shared = lambda m: m in form["title"] or form["title"] in m  # noqa: E731
            link = f"@/{self.id}/forms/{form['slug']}.md" if any(shared(m) for m in g["mat"]) else None
        materials = []
        for m in g["mat"]:
            if link and shared(m):
                materials.append({"name": m, "copies": 2 if v == 3 else 1, "form": link, "note": "可下载填写"})
            else:
                materials.append(m)
        place, hours = g.get("place") or f["addr"], f.get("hours", HOURS)
        if not g.get("place") and self.kind == "bureau" and self.index % 3 == 0:
            place, hours = f"{CENTRE} {11 + spread(self.id, 80)} 号窗口", "工作日 09:00—17:00（中午不休息）"
        call = phone(self.tel + 7)
        front = {
            "title": g["title"], "date": g["at"], "updated": "2026-11-05 10:00" if self.index % 7 == 3 else None, "source": self.by,
            "item_code": f"YX{self.code[-3:]}{1 + spread(g['slug'], 899):03d}", "legal_basis": g["basis"], "conditions": g["cond"], "materials": materials,
            "place": place, "hours": hours, "phone": call, "process": g["proc"], "time_limit": g["limit"], "fee": g["fee"], "object": g["for"],
            "life_event": g.get("life_event"), "office": self.by, "forms": [link] if link else None,
        }
        steps, count = g["proc"], len(g["mat"])
        note = g["note"]
        if v == 0:
            body = f"办理“{g['title']}”，请备齐 {count} 项材料，到{place}办理，也可先致电 {call} 核对。一般流程是{'，'.join(steps[:-1])}，最后{steps[-1]}。\n\n## 请注意\n\n{note}\n\n办理时限为{g['limit']}，收费情况：{g['fee']}。"
        elif v == 1:
            body = f"**多久能办好？** {g['limit']}，自受理之日起算，补正材料的时间不计入。\n\n**要不要收费？** {g['fee']}。\n\n**还有什么要留意的？** {note}\n\n**不方便来怎么办？** 可以委托他人代办，代办人带本人证件和委托书；高龄老人、残疾人可拨打 {call} 预约帮办。"
        elif v == 2:
            body = table(["步骤", "做什么"], [[CHINESE[i], s] for i, s in enumerate(steps)]) + f"\n\n{note}\n\n办理时限：{g['limit']}。材料不齐的，窗口一次性告知需要补正的全部内容；进度可凭受理编号拨打 {call} 查询；对结果有异议的，可依法申请行政复议或提起诉讼，也可拨打 12345 反映。"
            if self.kind not in ("bureau", "bureau2", "township"):
                body = body.replace("可依法申请行政复议或提起诉讼，也可拨打 12345 反映", "可向本单位办公室反映，也可拨打 12345")
        elif v == 3:
            body = f"> {note}\n\n符合条件的申请人可在服务时间内到{place}提出。收到材料后当场核对，能当场办的不让跑第二趟；需要审核的，{g['limit']}内告知结果。\n\n" + "## 容易出错的地方\n\n" + f"- 材料以“{g['mat'][0]}”为主，请先填完再取号；\n- 复印件须与原件一致，原件核对后当场退还；\n- 联系方式变更的请及时告知，以免错过通知。"
        else:
            body = f"本事项面向{ {'person': '个人', 'business': '企业和单位', 'both': '个人和单位'}[g['for']] }，收费情况：{g['fee']}。\n\n" + "\n".join(f"{i}. {s}；" for i, s in enumerate(steps, 1)).rstrip("；") + f"。\n\n## 说明\n\n{note} 咨询电话：{call}，服务时间：{hours}。"
        self.write("guide", g["slug"], front, body)

    def form(self):
        form, g, v = self.f["form"], self.f["guide"], self.index % 4
        kind = form.get("kind", "docx")
        version = ["2026 年版", "2026 年第 1 版", "2025 年修订版"][spread(form["slug"], 3)]
        notes = [form["note"]] if form.get("note") else ["表内各项如实填写，没有的填“无”，不要留空。"]
        name = f"{form['file']}.{kind}"
        date = g["at"][:8] + f"{min(int(g['at'][8:10]) + 1, 28):02d} {9 + v}:20"
        folder = self.root / "forms"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes((docx if kind == "docx" else xlsx)(form["title"], self.by, form["fields"], notes))
        front = {
            "title": form["title"], "date": re.sub(r" (\d):", r" 0\1:", date), "source": self.by, "form_name": form["title"], "office": self.by,
            "version": version, "object": g["for"], "attachments": [{"file": name, "name": f"{form['title']}（{'Word' if kind == 'docx' else 'Excel'}）"}],
        }
        items = "、".join(form["fields"])
        own = any(m in form["title"] or form["title"] in m for m in g["mat"])
        use = f"[{g['title']}](@/{self.id}/guide/{g['slug']}.md)"
        use = f"办理{use}时使用" if own else "办理相关业务时使用"
        fill = notes[0]
        if v == 0:
            body = f"{use}本表。主要栏目有：{items}。\n\n## 填写说明\n\n- {fill}\n- 用黑色签字笔填写或直接打印，涂改处请签名。\n- 下载不便的，可到{self.f['addr']}免费领取。"
        elif v == 1:
            listed = table(["要填的内容", "数量"], [[items, f"{len(form['fields'])} 项"]])
            body = f"本表在{use}，现行版本为“{version}”，旧版停止受理。\n\n{fill}\n\n{listed}\n\n电子版可以在电脑上填好后打印，签名、盖章处须手写或加盖实体章。"
        elif v == 2:
            body = f"{fill}\n\n申请人需填写{items}，共 {len(form['fields'])} 项；“受理意见”由工作人员填写。表格在{use}，一式两份。\n\n> 请不要从其他网站购买或下载同名表格，本站提供的表格一律免费。"
        else:
            body = f"1. {use}，请先对照栏目准备好信息：{items}。\n2. {fill}\n3. 填写有疑问的，工作时间拨打 {phone(self.tel + 7)}，或把表格发到 {self.id}@yunxiu.gov.example 请工作人员预审。"
        self.write("forms", form["slug"], front, body)

    def policy(self):
        p = self.f["policy"]
        year, day = p["at"][:4], int(p["at"][8:10])
        signed = p["at"][:8] + f"{max(day - 3, 1):02d}"
        month = int(p["at"][5:7]) + 1
        starts = f"{year}-{month:02d}-01" if month < 13 else f"{int(year) + 1}-01-01"
        stated = re.search(r"自 (\d{4}) 年 (\d+) 月 (\d+) 日起(?:施行|试行)", p["body"])
        if stated:
            starts = f"{stated[1]}-{int(stated[2]):02d}-{int(stated[3]):02d}"
        front = {
            "title": p["title"], "date": p["at"], "source": self.by,
            "index_number": f"53990{self.code[-3:]}-03-{year}-{1 + spread(p['slug'], 89):04d}", "document_number": p["doc"], "issuing_agency": self.full,
            "signed_on": signed, "effective_on": starts, "validity": p.get("validity", "effective"), "category": p["category"], "subject_words": p["words"],
        }
        self.write("open/policy", p["slug"], front, p["body"])

    def album(self):
        a = self.f["album"]
        photos = []
        for n, (kind, caption) in enumerate(a["photos"], 1):
            scene(kind, f"{self.id}-album-{n}", self.root / "album" / a["slug"] / f"p{n}.jpg")
            photos.append({"file": f"p{n}.jpg", "caption": caption, "credit": f"{self.name}文化站", "taken_on": f"{a['at'][:8]}{max(int(a['at'][8:10]) - 1, 1):02d}"})
        front = {"title": a["title"], "date": a["at"], "source": self.by, "image": "p1.jpg", "photos": photos}
        said = "；".join(p["caption"].replace("：", "，") for p in photos)
        self.write("album", a["slug"], front, f"{a['body'].strip()}\n\n组图依次为：{said}。\n\n照片由{self.name}文化站组织拍摄，转载请注明出处。欢迎当地群众提供身边的照片，入选作品署名并致送样刊，联系电话 {phone(self.tel)}。", folder=True)

    # ---- the site ---------------------------------------------------------------------------
    def compose(self):
        f = self.f
        if self.root.exists():
            shutil.rmtree(self.root)
        self.about()
        self.leaders()
        for item in f["news"]:
            self.plain(item.get("column", "news"), item, "n")
        self.plain("notices", f["notice"], "t")
        for column in ("villages", "products"):
            for item in f.get(column, []):
                self.plain(column, item, "v")
        for item in f.get("extra", []):
            self.plain(item["column"], item, "x")
        self.guide()
        if f.get("form"):
            self.form()
        if f.get("policy"):
            self.policy()
        if f.get("album"):
            self.album()

        kind = "bureau2" if self.kind == "bureau" and self.index % 3 == 1 else self.kind
        columns = []
        for ident, name in COLUMNS[kind]:
            if ident not in self.used:
                continue
            name = NAMES.get(self.id, {}).get(ident, name)
            says = SAYS[ident].format(name=self.full)
            if ident == "open":
                columns.append({"id": "open", "name": name, "description": says, "columns": [{"id": "policy", "name": "规章制度" if kind == "library" else "政策文件", "type": "policy"}]})
            else:
                column = {"id": ident, "name": name, "type": TYPES_OF.get(ident, "news"), "description": says}
                if ident == "leaders":
                    column["sort"] = "order"
                columns.append(column)
        if contrast_with_white(f["color"]) < 4.5:
            raise ValueError(f"{self.id}: {f['color']} is too light for white text")
        site = {
            "name": self.full, "short_name": self.shown, "kind": "township" if self.town else "department",
            "at": f.get("at", self.id), "formerly": f.get("formerly"), "identity_code": "@" + self.code, "order": self.order,
            "description": re.split(r"(?<=。)", f["intro"])[0], "keywords": [self.full] + [k for k in (self.short, *(c["name"] for c in columns[:3])) if k != self.full],
            "settings": {"color": f["color"], **dress(self.id, f["color"])}, "address": f["addr"] if f["addr"].startswith("经济") else CITY + f["addr"], "phone": phone(self.tel),
            "email": f"{self.id}@yunxiu.gov.example", "hours": f.get("hours", HOURS), "columns": columns,
        }
        if self.index % 4 != 3:
            blocks = HOMES.get(self.kind, HOMES["bureau"])
            site["home"] = [{"column": c, "count": n, "style": s} for c, n, s in blocks if c in self.used]
        text = emit(site).replace(f'"@{self.code}"', f'"{self.code}"')
        (ROOT / "sites").mkdir(exist_ok=True)
        (ROOT / "sites" / f"{self.id}.yaml").write_text(text, encoding="utf-8")


def main():
    offices = read_table((HERE / "offices.yaml").read_text(encoding="utf-8"))
    known = re.findall(r"^- `(\w+)` (\S+) (\d{10})$", (HERE / "FACTS.md").read_text(encoding="utf-8"), re.M)
    order = {ident: (n, name, code) for n, (ident, name, code) in enumerate(known)}
    for index, (ident, facts) in enumerate(offices.items()):
        n, name, code = order[ident]
        if name != facts["name"]:
            raise ValueError(f"{ident} is {name}, not {facts['name']}")
        site = Site(ident, facts, code, index)
        site.order = int(code[-3:]) - (100 if site.town else 9)
        site.compose()
    print(f"{len(offices)} sites composed")


if __name__ == "__main__":
    main()
