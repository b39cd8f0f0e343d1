"""Files beside the items of the hand-written departments and townships.

    python3 examples/sample/rich_files.py            # writes into content/
    python3 examples/sample/rich_files.py --tables   # only the CSV files and the office documents

Writes pictures, forms (.docx, .xlsx) and the two generated tables (the archive catalogue and the
daily air report). Everything is deterministic: the same script always writes the same bytes.
"""

import csv
import datetime as dt
import io
import random
import sys
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
CONTENT = HERE.parent.parent / "content"

STAMP = (2026, 1, 5, 9, 0, 0)  # every member of every archive

# ---------------------------------------------------------------- pictures

SMALL = (960, 640)
WIDE = (1600, 500)

# The path of a picture is its seed; these have another one, so that the bridge has the three arches its text speaks of.
SEEDS = {
    "daj/exhibitions/paper-city/02.jpg": "daj/exhibitions/paper-city/02.jpg 5",
    "yunxi/news/bridge.jpg": "yunxi/news/bridge.jpg 3",
}

# One picture: (path, kind, size).
PICTURES = [
    ("jyj/news/track.jpg", "school", SMALL),
    ("jyj/news/opening.jpg", "festival", SMALL),
    ("jyj/topics/reading.jpg", "school", WIDE),
    ("daj/stories/bridge.jpg", "bridge", SMALL),
    ("daj/stories/ledger.jpg", "tea", SMALL),
    ("sthjj/news/lake.jpg", "lake", SMALL),
    ("swj/news/tea.jpg", "tea", SMALL),
    ("swj/news/night.jpg", "night", SMALL),
    ("swj/expo/market.jpg", "market", SMALL),
    ("swj/vendors/wuling-tea.jpg", "tea", SMALL),
    ("mzj/news/canteen.jpg", "town", SMALL),
    ("yunxi/news/bridge.jpg", "bridge", SMALL),
    ("yunxi/renewal/town.jpg", "town", SMALL),
    ("xiufeng/banner.jpg", "mountain", WIDE),
    ("xiufeng/news/tea.jpg", "tea", SMALL),
    ("xiufeng/tour/trail.jpg", "tea", SMALL),
    ("qingshi/news/festival.jpg", "festival", SMALL),
    ("qingshi/heritage/street.jpg", "town", SMALL),
    ("qingshi/heritage/bridge.jpg", "bridge", SMALL),
]

# Albums: folder -> kinds of 01.jpg, 02.jpg, ...
ALBUMS = {
    "jyj/campus/album/games-2026": "festival school town festival forest lake school night",
    "daj/exhibitions/paper-city": "town bridge bridge market market school night town",
    "daj/exhibitions/water": "mountain forest bridge town office lake night tea",
    "mzj/album/chongyang": "town festival market mountain lake bridge festival night",
    "yunxi/album/old-town": "town bridge market office school town festival night night",
    "yunxi/album/renewal-before-after": "town office bridge school market forest festival night",
    "xiufeng/album/tea-spring": "mountain tea tea forest market bridge festival night mountain",
    "xiufeng/album/mountain-four": "mountain forest lake mountain tea bridge town night",
    "qingshi/album/stone-festival": "town market festival bridge mountain lake school night",
}

PORTRAITS = [  # the number is part of the seed
    ("jyj/open/leaders/luo", 1),
    ("jyj/open/leaders/duan", 3),
    ("jyj/open/leaders/shen", 1),
    ("sthjj/open/leaders/yin", 1),
    ("sthjj/open/leaders/guo", 1),
    ("czj/open/leaders/he", 1),
    ("czj/open/leaders/tao", 2),
    ("swj/open/leaders/meng", 1),
    ("swj/open/leaders/xie", 5),
    ("mzj/open/leaders/yao", 2),
    ("mzj/open/leaders/bai", 3),
    ("yunxi/leaders/fang", 1),
    ("yunxi/leaders/pu", 2),
    ("xiufeng/leaders/zuo", 1),
    ("xiufeng/leaders/qiao", 3),
    ("qingshi/leaders/dong", 1),
    ("qingshi/leaders/he", 4),
]


def pictures():
    from pictures import scene

    for path, kind, size in PICTURES:
        scene(kind, SEEDS.get(path, path), CONTENT / path, size)
    for folder, kinds in ALBUMS.items():
        for number, kind in enumerate(kinds.split(), 1):
            path = f"{folder}/{number:02}.jpg"
            scene(kind, SEEDS.get(path, path), CONTENT / path, SMALL)
    for person, number in PORTRAITS:
        scene("portrait", f"{person} {number}", CONTENT / f"{person}.jpg", (480, 640))
    timeline(CONTENT / "jyj/open/explainer/enrol-flow.jpg")


def timeline(path):
    """Three months in a row: announce (a sheet), enrol (a pencil), sort into classes (rows of seats)."""
    from PIL import Image, ImageDraw, ImageFont

    width, height, scale = 960, 420, 2
    image = Image.new("RGB", (width * scale, height * scale), "#f2f7fb")
    draw = ImageDraw.Draw(image)

    def s(*values):
        return [v * scale for v in values]

    blue, light, accent = "#1b5e9b", "#cfe0ef", "#d9803f"
    draw.line(s(110, 150, 850, 150), fill=light, width=16 * scale)
    for number, x in ((6, 180), (7, 480), (8, 780)):
        draw.ellipse(s(x - 66, 84, x + 66, 216), fill=blue)
        font = ImageFont.load_default(72 * scale)
        box = draw.textbbox((0, 0), str(number), font=font)
        draw.text((x * scale - (box[0] + box[2]) / 2, 150 * scale - (box[1] + box[3]) / 2), str(number), fill="white", font=font)
    for x in (330, 630):
        draw.polygon(s(x - 14, 126, x + 22, 150, x - 14, 174), fill=accent)
    # the sheet
    draw.rectangle(s(140, 260, 220, 370), fill="white", outline=blue, width=4 * scale)
    for y in (285, 305, 325, 345):
        draw.line(s(154, y, 206, y), fill=light, width=6 * scale)
    # the pencil
    draw.polygon(s(440, 340, 505, 262, 530, 283, 465, 361), fill=accent)
    draw.polygon(s(440, 340, 465, 361, 428, 372), fill="#f0d9b8")
    # the seats
    for row in range(3):
        for seat in range(4):
            x, y = 716 + seat * 36, 268 + row * 36
            draw.rounded_rectangle(s(x, y, x + 24, y + 24), radius=5 * scale, fill=blue if (row + seat) % 2 else light)
    image.resize((width, height), Image.LANCZOS).save(path, "JPEG", quality=82)


# ---------------------------------------------------------------- office documents


def archive(path, members):
    """A zip file whose bytes depend on its members only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, text in members:
            info = zipfile.ZipInfo(name, STAMP)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            info.create_system = 3
            out.writestr(info, text.encode("utf-8"))


XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def core(title):
    return (
        XML + '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{escape(title)}</dc:title><dc:language>zh-CN</dc:language>"
        '<dcterms:created xsi:type="dcterms:W3CDTF">2026-01-05T09:00:00Z</dcterms:created></cp:coreProperties>'
    )


def relations(*entries):
    items = "".join(f'<Relationship Id="rId{i}" Type="{kind}" Target="{target}"/>' for i, (kind, target) in enumerate(entries, 1))
    return f'{XML}<Relationships xmlns="{RELS}">{items}</Relationships>'


def content_types(*overrides):
    items = "".join(f'<Override PartName="{part}" ContentType="{kind}"/>' for part, kind in overrides)
    return (
        f'{XML}<Types xmlns="{TYPES}"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{items}'
        '<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>'
    )


CORE_REL = ("http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties", "docProps/core.xml")


def run(text, size=24, bold=False):
    weight = "<w:b/>" if bold else ""
    return (
        f'<w:r><w:rPr><w:rFonts w:ascii="SimSun" w:hAnsi="SimSun" w:eastAsia="SimSun"/>{weight}<w:sz w:val="{size}"/></w:rPr>'
        f'<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'
    )


def paragraph(text, size=24, bold=False, align="left", style=None):
    name = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f'<w:p><w:pPr>{name}<w:jc w:val="{align}"/></w:pPr>{run(text, size, bold)}</w:p>'


def cell(text, width, span=1, header=False):
    grid = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
    shade = '<w:shd w:val="clear" w:color="auto" w:fill="EFEFEF"/>' if header else ""
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{grid}{shade}<w:vAlign w:val="center"/></w:tcPr>'
        f'{paragraph(text, 21, header, "center" if header else "left")}</w:tc>'
    )


def row(cells, height):
    return f'<w:tr><w:trPr><w:trHeight w:val="{height}"/></w:trPr>{"".join(cells)}</w:tr>'


# The table of a form has four columns: label, blank, label, blank.
WIDTHS = (1700, 2800, 1700, 2800)


def form_table(lines):
    borders = "".join(f'<w:{side} w:val="single" w:sz="6" w:space="0" w:color="444444"/>' for side in ("top", "left", "bottom", "right", "insideH", "insideV"))
    out = [f'<w:tbl><w:tblPr><w:tblW w:w="{sum(WIDTHS)}" w:type="dxa"/><w:tblBorders>{borders}</w:tblBorders></w:tblPr><w:tblGrid>']
    out += [f'<w:gridCol w:w="{width}"/>' for width in WIDTHS]
    out.append("</w:tblGrid>")
    for line in lines:
        if line.startswith("#"):  # a section
            out.append(row([cell(line[1:].strip(), sum(WIDTHS), 4, True)], 440))
        elif line.startswith(">"):  # a tall field
            out.append(row([cell(line[1:].strip(), WIDTHS[0], 1, True), cell("", sum(WIDTHS[1:]), 3)], 1700))
        elif "|" in line:  # two fields
            left, right = line.split("|")
            out.append(row([cell(left, WIDTHS[0], 1, True), cell("", WIDTHS[1]), cell(right, WIDTHS[2], 1, True), cell("", WIDTHS[3])], 560))
        elif "：" in line:  # a field with choices
            label, choices = line.split("：", 1)
            out.append(row([cell(label, WIDTHS[0], 1, True), cell(choices, sum(WIDTHS[1:]), 3)], 560))
        else:
            out.append(row([cell(line, WIDTHS[0], 1, True), cell("", sum(WIDTHS[1:]), 3)], 560))
    out.append("</w:tbl>")
    return "".join(out)


def docx(path, title, office, lines, notes):
    body = [paragraph(title, 36, True, "center", "Title"), paragraph(f"（{office}）", 21, False, "center"), form_table(lines)]
    body.append(paragraph("填表说明", 24, True))
    body += [paragraph(f"{i}. {note}", 21) for i, note in enumerate(notes, 1)]
    document = (
        f'{XML}<w:document xmlns:w="{WORD}"><w:body>{"".join(body)}<w:sectPr><w:pgSz w:w="11906" w:h="16838"/>'
        '<w:pgMar w:top="1440" w:right="1440" w:bottom="1440" w:left="1440" w:header="851" w:footer="992" w:gutter="0"/></w:sectPr></w:body></w:document>'
    )
    styles = (
        f'{XML}<w:styles xmlns:w="{WORD}"><w:docDefaults><w:rPrDefault><w:rPr><w:lang w:val="zh-CN" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault></w:docDefaults>'
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/><w:basedOn w:val="Normal"/></w:style></w:styles>'
    )
    wordprocessing = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    archive(path, [
        ("[Content_Types].xml", content_types(("/word/document.xml", f"{wordprocessing}.document.main+xml"), ("/word/styles.xml", f"{wordprocessing}.styles+xml"))),
        ("_rels/.rels", relations((f"{OFFICE}/officeDocument", "word/document.xml"), CORE_REL)),
        ("word/_rels/document.xml.rels", relations((f"{OFFICE}/styles", "styles.xml"))),
        ("word/document.xml", document),
        ("word/styles.xml", styles),
        ("docProps/core.xml", core(title)),
    ])


def column_name(index):
    return chr(ord("A") + index)


def xlsx(path, title, headings, rows):
    """One sheet: a title, the headings, the rows. A text that starts with = is a formula."""

    def entry(column, line, value, style):
        place = f"{column_name(column)}{line}"
        if value is None or value == "":
            return f'<c r="{place}" s="{style}"/>'
        if isinstance(value, (int, float)):
            return f'<c r="{place}" s="{style}"><v>{value}</v></c>'
        if value.startswith("="):
            return f'<c r="{place}" s="{style}"><f>{escape(value[1:])}</f></c>'
        return f'<c r="{place}" s="{style}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'

    lines = [f'<row r="1">{entry(0, 1, title, 1)}</row>']
    lines.append('<row r="2">' + "".join(entry(i, 2, text, 2) for i, text in enumerate(headings)) + "</row>")
    for number, values in enumerate(rows, 3):
        lines.append(f'<row r="{number}">' + "".join(entry(i, number, value, 3) for i, value in enumerate(values)) + "</row>")
    last = column_name(len(headings) - 1)
    columns = "".join(f'<col min="{i}" max="{i}" width="{max(10, len(text) * 2.2 + 4):.1f}" customWidth="1"/>' for i, text in enumerate(headings, 1))
    sheet = (
        f'{XML}<worksheet xmlns="{SHEET}"><cols>{columns}</cols><sheetData>{"".join(lines)}</sheetData>'
        f'<mergeCells count="1"><mergeCell ref="A1:{last}1"/></mergeCells></worksheet>'
    )
    styles = (
        f'{XML}<styleSheet xmlns="{SHEET}"><fonts count="3"><font><sz val="11"/><name val="SimSun"/></font>'
        '<font><b/><sz val="16"/><name val="SimSun"/></font><font><b/><sz val="11"/><name val="SimSun"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="2"><border/><border><left style="thin"/><right style="thin"/><top style="thin"/><bottom style="thin"/></border></borders>'
        '<cellStyleXfs count="1"><xf fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        '<cellXfs count="4"><xf fontId="0" fillId="0" borderId="0"/>'
        '<xf fontId="1" fillId="0" borderId="0" applyFont="1" applyAlignment="1"><alignment horizontal="center"/></xf>'
        '<xf fontId="2" fillId="0" borderId="1" applyFont="1" applyBorder="1" applyAlignment="1"><alignment horizontal="center"/></xf>'
        '<xf fontId="0" fillId="0" borderId="1" applyBorder="1"/></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )
    workbook = (
        f'{XML}<workbook xmlns="{SHEET}" xmlns:r="{OFFICE}"><sheets><sheet name="{escape(title[:28])}" sheetId="1" r:id="rId1"/></sheets>'
        '<calcPr fullCalcOnLoad="1"/></workbook>'
    )
    spreadsheet = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    archive(path, [
        ("[Content_Types].xml", content_types(
            ("/xl/workbook.xml", f"{spreadsheet}.sheet.main+xml"),
            ("/xl/worksheets/sheet1.xml", f"{spreadsheet}.worksheet+xml"),
            ("/xl/styles.xml", f"{spreadsheet}.styles+xml"),
        )),
        ("_rels/.rels", relations((f"{OFFICE}/officeDocument", "xl/workbook.xml"), CORE_REL)),
        ("xl/_rels/workbook.xml.rels", relations((f"{OFFICE}/worksheet", "worksheets/sheet1.xml"), (f"{OFFICE}/styles", "styles.xml"))),
        ("xl/workbook.xml", workbook),
        ("xl/worksheets/sheet1.xml", sheet),
        ("xl/styles.xml", styles),
        ("docProps/core.xml", core(title)),
    ])


SIGN = "申请人签名|填表日期"
SEAL = "单位盖章|填表日期"
ASK = "本表所填信息仅用于办理本事项，依法保护个人信息。"

# path -> title, office, lines, notes
FORMS = {
    "jyj/services/forms/enrol-form.docx": ("义务教育新生入学登记表", "云岫市教育局 2026 年版", [
        "# 一、学生信息", "姓名|性别", "出生日期|民族", "户籍地址", "实际居住地址", "曾读幼儿园（小学）",
        "# 二、监护人信息", "监护人姓名|与学生关系", "监护人联系方式|居住类型", "居住凭证：□ 不动产权证书　□ 备案租赁合同　□ 居住证",
        "> 特殊健康状况（自愿填写）", "# 三、学校填写", "材料核验：□ 已核验　□ 待补", "受理人|受理日期", SIGN],
        ["居住地址写到门牌号，农村写到村民小组。", "监护人工作单位、职务不需要填写。", ASK]),
    "jyj/services/forms/transfer-form.docx": ("中小学生转学申请表", "云岫市教育局 2026 年修订", [
        "# 一、学生信息", "姓名|性别", "出生日期|学籍所在年级", "监护人姓名|联系方式", "# 二、转学信息", "转出学校", "申请转入学校",
        "转学原因：□ 户籍迁移　□ 居住地变更　□ 监护人工作调动　□ 其他", "> 情况说明", "是否需要随班就读支持：□ 是　□ 否",
        "# 三、监护人承诺", "> 以上内容属实", SIGN, "# 四、学校与教育行政部门核办", "转入学校意见|转出学校意见", "教育行政部门意见"],
        ["一式两份，转入、转出学校各存一份。", "申请人只填写第一栏至第三栏。", ASK]),
    "jyj/services/forms/medical-form.docx": ("教师资格申请人员体检表", "云岫市教育局 2026 年下半年", [
        "# 基本情况", "姓名|性别", "出生日期|申请资格种类", "幼儿园教师：□ 是（加做相应项目）　□ 否", "> 既往病史（本人如实填写）",
        "# 检查项目", "身高 体重|血压", "视力|色觉", "听力|嗅觉", "心肺听诊|腹部触诊", "肝功能|胸部检查", "幼儿园教师加做项目",
        "# 体检结论", "> 医院意见", "主检医师|医院盖章", "体检日期"],
        ["请用 A4 纸双面打印并贴好照片。", "体检须空腹；怀孕的请主动告知，可免做放射检查。", "体检结论仅在本次认定中有效。"]),
    "jyj/services/guides/aid-form.docx": ("家庭经济困难学生认定申请表", "云岫市教育局", [
        "# 学生信息", "姓名|学校与班级", "家庭人口|户籍所在乡镇", "# 申请情形", "类别：□ 低保家庭　□ 特困供养　□ 孤儿　□ 残疾学生　□ 脱贫家庭　□ 其他",
        "> 困难情况说明（属于前五类的不需要填写）", "# 承诺", "> 本人承诺所填内容真实", SIGN, "# 学校填写", "认定结果：□ 特别困难　□ 困难　□ 一般困难", "经办人|日期"],
        ["银行账户信息另行提供，不填入本表。", "公示只写姓名和班级。", ASK]),
    "daj/forms/reading-form.docx": ("利用档案申请表", "云岫市档案馆 2026 年版", [
        "申请人（单位）|证件类型", "联系方式|申请日期", "利用目的：□ 工作查考　□ 学术研究　□ 编史修志　□ 证明凭据　□ 个人留念　□ 其他",
        "> 档号（五卷以内）", "利用方式：□ 阅览　□ 复制　□ 出具证明", "复制页数|调卷人", "# 利用须知", "> 本人遵守查阅规定，引用时注明馆藏出处和档号", "申请人签名|归还签收"],
        ["一次调阅超过五卷的另附调卷清单。", "证件只验看，不留存复印件。", "本表保存一年后销毁。"]),
    "daj/forms/donation-form.docx": ("档案资料捐赠（寄存）登记表", "云岫市档案馆 2026 年版", [
        "捐赠（寄存）人|联系方式", "方式：□ 捐赠　□ 寄存　□ 提供原件扫描后退还", "资料名称|数量", "形成时间|形成地点", "> 内容简述（时间、地点、人物和来历）",
        "> 利用限制（可约定封存年限）", "捐赠人签名|日期", "# 档案馆填写", "鉴定意见", "接收人|接收日期"],
        ["一式两份，双方各执一份。", "照片背面用软铅笔编号，请勿使用圆珠笔和回形针。"]),
    "daj/guides/proxy-form.docx": ("查档委托书", "云岫市档案馆", [
        "委托人|联系方式", "受托人|与委托人关系", "委托查询的档案：□ 婚姻　□ 知青　□ 学籍　□ 招工　□ 其他", "档案形成年代|当时所在单位或地点",
        "> 委托事项", "委托期限", "委托人签名|委托日期"],
        ["受托人查询时请同时出示双方身份证件。", "委托书由档案馆留存一年。"]),
    "sthjj/services/forms/monitor-plan.docx": ("排污单位自行监测方案", "云岫市生态环境局模板 V2.1", [
        "# 一、单位基本情况", "单位名称|统一社会信用代码", "生产经营地址|行业类别", "# 二、监测点位", "> 点位布设说明（附示意图）",
        "# 三、监测指标与频次", "> 见附表", "# 四、执行标准", "> 标准名称和限值", "# 五、质量控制", "> 采样、分析和记录要求", "# 六、信息公开", "公开方式|公开频次", SEAL],
        ["频次为最低要求，可以加密，不得减少。", "委托检测的写明机构资质证书编号。"]),
    "sthjj/services/forms/outlet.docx": ("排污口设置情况说明", "云岫市生态环境局 V1.3", [
        "单位名称|联系人", "排放口编号|排放口名称", "类型：□ 废水　□ 废气", "坐标（经度）|坐标（纬度）", "受纳水体或者对应工序", "是否进入城镇污水处理厂：□ 是　□ 否",
        "排气筒高度|内径", "> 污染物种类", "> 规范化设置情况（标志牌、采样平台）", SEAL],
        ["一个排放口填一张；坐标精确到秒。", "标志牌照片作为附件在网上申报时上传。"]),
    "sthjj/services/forms/eia-form.docx": ("建设项目环境影响评价文件审批申请表", "云岫市生态环境局 2026 年版", [
        "项目名称", "建设单位|联系人", "建设地点|建设性质", "总投资（万元）|环保投资（万元）", "国民经济行业类别|文件类型",
        "> 建设内容和规模", "> 主要环境保护措施", "公众参与：□ 已公示　□ 不需要", SEAL],
        ["投资额以万元为单位，保留一位小数。", "分期建设的在备注中写明本次申请的范围。"]),
    "sthjj/services/guides/night-work.docx": ("夜间施工作业申请表", "云岫市生态环境局", [
        "工程名称|施工地点", "施工单位|现场负责人", "作业起止时间", "申请理由：□ 抢修抢险　□ 混凝土连续浇筑　□ 其他生产工艺要求", "> 降噪措施", "居民告知方式：□ 公告　□ 入户　□ 短信", SEAL],
        ["每次不超过三个连续夜间。", "抢险抢修可以先施工、后补办。"]),
    "czj/services/forms/supplier-form.docx": ("政府采购供应商信息登记表", "云岫市财政局 2026 年版", [
        "# 基本信息", "名称|统一社会信用代码", "注册地址|成立日期", "企业类型：□ 中型　□ 小型　□ 微型　□ 个体工商户　□ 其他", "# 联系信息", "联系人|联系方式", "电子邮箱",
        "# 经营信息", "> 主要经营品目", "> 资质证书名称和有效期", "# 承诺", "> 本单位近三年在经营活动中没有重大违法记录", SEAL],
        ["网上填报的不需要使用本表。", "请勿填写股东身份信息和个人账户。"]),
    "czj/services/forms/refund-form.docx": ("非税收入退付申请书", "云岫市财政局 2026 年版", [
        "缴款人|联系方式", "执收单位|缴款日期", "票据号码|收入项目", "申请退付金额（小写）|申请退付金额（大写）", "退付原因：□ 误缴　□ 多缴　□ 政策调整　□ 项目终止　□ 其他",
        "> 原因说明", SIGN, "# 执收单位审核", "> 审核意见", "经办人|日期"],
        ["一式两份，执收单位、财政部门各存一份。", "大小写不一致的以小写为准并退回更正。"]),
    "czj/services/guides/bookkeeping.docx": ("代理记账资格申请表", "云岫市财政局", [
        "机构名称|统一社会信用代码", "办公地址|法定代表人", "# 从业人员", "业务负责人|职称或者从业年限", "专职从业人员人数", "> 从业人员名单",
        "办理方式：□ 一般程序　□ 告知承诺", "> 业务内部规范目录", SEAL],
        ["选择告知承诺的，两个月内接受核查。", "从业人员名单只填姓名和岗位。"]),
    "swj/forms/expo-form.docx": ("展会参展报名表", "云岫市商务局 2026 年下半年", [
        "参展单位|联系人", "展会名称", "展区：□ 名优茶　□ 山头茶　□ 茶器茶具　□ 采购洽谈", "展位数量（限 2 个）|用电需求（千瓦）", "> 展品简介（80 字以内）", "楣板名称"],
        ["电子版提交，不需要盖章。", "展品简介请勿使用绝对化用语。"]),
    "swj/forms/fund-form.docx": ("外经贸发展资金申请表", "云岫市商务局 2026 年试行版", [
        "企业名称|统一社会信用代码", "联系人|联系方式", "上年度进出口额（万元）|本年度进出口额（万元）", "申报方向：□ 展位费　□ 控温运输　□ 商标与认证　□ 信用保险",
        "申请金额（元）", "> 费用发生情况说明", "同一事项是否享受其他补助：□ 是　□ 否", "> 真实性承诺", SEAL],
        ["费用明细逐笔填入 Excel 表。", "外币按付款当日人民币汇率中间价折算。"]),
    "swj/forms/recycle-form.docx": ("再生资源回收经营者备案登记表", "云岫市商务局 2026 年版", [
        "经营者名称|统一社会信用代码", "经营地址|负责人", "回收品类：□ 废纸　□ 废塑料　□ 废金属　□ 废玻璃　□ 废旧家电　□ 其他", "是否收购生产性废旧金属：□ 是（已知悉登记义务）　□ 否",
        "室内面积|露天堆场面积", "> 网点清单（多个网点逐行填写）", SEAL],
        ["一式两份，材料齐全当场办结。", "变更事项 30 日内办理变更备案。"]),
    "mzj/forms/relief-form.docx": ("最低生活保障申请及授权书", "云岫市民政局 2026 年版", [
        "# 一、申请", "申请人|户籍地", "居住地|家庭人口", "> 共同生活的家庭成员", "> 申请理由", "家庭收入（前 12 个月）|刚性支出",
        "# 二、核对授权", "> 同意民政部门查询核对家庭经济状况", "成年家庭成员签名", "代写人或者见证人|日期"],
        ["授权栏由全体共同生活的成年家庭成员签字。", "请勿填写银行账户。", ASK]),
    "mzj/forms/elderly-form.docx": ("老年人服务申请表（三合一）", "云岫市民政局 2026 年版", [
        "姓名|出生日期", "居住地址|联系方式", "申请事项：□ 高龄津贴　□ 助餐补贴　□ 居家适老化改造", "居住情况：□ 独居　□ 与配偶同住　□ 与子女同住",
        "> 需要改造的地方", "代办人|与老人关系", SIGN],
        ["按需勾选，可以多选。", "代办人签名即可，不需要公证委托。", ASK]),
    "mzj/forms/org-form.docx": ("社会组织登记申请书", "云岫市民政局 2026 年修订", [
        "申请类型：□ 成立　□ 变更　□ 注销", "组织类型：□ 社会团体　□ 民办非企业单位", "拟用名称|住所", "业务范围", "开办资金（万元）|业务主管单位",
        "> 发起人情况", "> 变更或者注销事项", "> 承诺", SEAL],
        ["不需要的部分可以删除。", "资产清单须与验资报告一致。"]),
    "yunxi/forms/room-form.docx": ("社区活动室使用申请表", "云溪街道办事处 2026 年版", [
        "发起人（组织）|联系方式", "活动内容", "预计人数|是否需要投影", "使用日期|起止时间", "固定使用：□ 否　□ 每周一次（最多四周）", "> 注意事项已阅读", SIGN],
        ["不得开展推销和收费培训。", "不需要填写身份证件号码。"]),
    "yunxi/forms/lift-form.docx": ("既有住宅加装电梯申请表", "云溪街道办事处 2026 年版", [
        "小区与楼栋|单元", "层数|户数", "业主代表|联系方式", "表决情况（面积占比）|表决情况（人数占比）", "> 设计要点（井道位置、停靠层、采光影响）", "> 费用分摊方案",
        "公示起止日期|异议处理", "业主代表签名|日期"],
        ["一式两份，另附业主表决汇总表。", "公示时遮挡联系方式。"]),
    "xiufeng/forms/homestay-form.docx": ("乡村民宿备案表", "岫峰镇人民政府 2026 年版", [
        "民宿名称|所在村", "经营者|联系方式", "房间数|建筑面积（平方米）", "建筑结构：□ 砖混　□ 木结构　□ 石木结构", "旺季限价|淡季限价", "> 消防自查情况", "餐饮服务：□ 提供　□ 不提供", "经营者签名|日期"],
        ["一式两份；自住房间不计入房间数。", "限价按房型填写，备案后公示。"]),
    "xiufeng/guides/tea-subsidy.docx": ("茶园有机肥补贴登记表", "岫峰镇人民政府 2026 年", [
        "茶农姓名|所在村组", "茶园面积（亩）|承包或者流转", "肥料名称|购买数量（吨）", "购买日期|票据号", "> 施用地块", "登记人签名|村委会盖章"],
        ["每亩不超过 0.5 吨。", "补贴通过“一卡通”发放，账户以系统信息为准。"]),
    "qingshi/forms/apprentice-form.docx": ("石雕学徒报名登记表", "青石镇文化站 第 5 期", [
        "姓名|性别", "出生日期|常住地", "联系方式|学历", "> 学艺经历（没有可以不填）", "> 想做的石头活", SIGN, "监护人签名（未满 20 周岁）"],
        ["零基础不影响录取。", "未录取的登记表在招收结束后销毁。"]),
    "qingshi/forms/workshop-form.docx": ("石材产业园工位申请表", "青石镇人民政府 2026 年版", [
        "作坊（企业）名称|负责人", "联系方式|现经营地点", "工位规格：□ 20 平方米　□ 40 平方米　□ 80 平方米", "申请数量|希望入驻时间（季度）", "> 加工工艺", "传承人级别：□ 无　□ 市级　□ 省级以上", SIGN],
        ["设备清单另附，手工锤凿不必登记。", "工位不得转租。"]),
    "qingshi/guides/repair-form.docx": ("传统石屋修缮补助申请表", "青石镇文化站", [
        "申请人|所在村", "房屋编号|建造年代", "> 现状（屋顶、墙体、木构、电路）", "拟修缮部位：□ 屋面　□ 墙体　□ 木构　□ 地面　□ 电路", "预算（元）|拟开工时间", "> 承诺采用原材料、原工艺", SIGN],
        ["一式两份，附现状照片不少于 6 张。", "修缮方案由文化站免费协助编制。"]),
}


def numbered(count, columns):
    return [[i] + [""] * (columns - 1) for i in range(1, count + 1)]


WORKBOOKS = {
    "daj/forms/reading-list.xlsx": ("调卷清单", ["序号", "档号", "题名", "页数", "备注"], numbered(20, 5)),
    "sthjj/services/forms/monitor-points.xlsx": ("监测点位与频次表", ["序号", "点位", "类别", "监测指标", "最低频次", "执行标准"], [
        [1, "废水总排口", "废水", "pH、化学需氧量、氨氮", "每季度一次", ""],
        [2, "雨水排口", "雨水", "化学需氧量、悬浮物", "有流动水时每月一次", ""],
        [3, "工艺废气排气筒", "废气", "颗粒物", "每半年一次", ""],
        [4, "厂界", "无组织废气", "颗粒物", "每年一次", ""],
        [5, "厂界", "噪声", "昼间、夜间等效声级", "每季度一次", ""],
        [6, "", "", "", "", ""], [7, "", "", "", "", ""],
    ]),
    "czj/services/forms/supplier-goods.xlsx": ("主要货物清单", ["序号", "品目", "品牌型号", "计量单位", "常规销售价（元）", "备注"], numbered(30, 6)),
    "czj/budgets/dept-2026/dept-2026.xlsx": ("2026 年部门预算公开表（万元）", ["功能科目", "基本支出", "项目支出", "合计"], [
        ["一般公共服务支出（财政事务）", 1486.3, 764.0, "=B3+C3"],
        ["社会保障和就业支出", 262.8, 0, "=B4+C4"],
        ["卫生健康支出", 141.9, 0, "=B5+C5"],
        ["住房保障支出", 191.5, 0, "=B6+C6"],
        ["合计", "=SUM(B3:B6)", "=SUM(C3:C6)", "=SUM(D3:D6)"],
    ]),
    "swj/forms/fund-detail.xlsx": ("费用明细表", ["序号", "申报方向", "费用内容", "付款日期", "发票金额（元）", "申请补助（元）", "备注"],
        numbered(15, 7) + [["合计", "", "", "", "=SUM(E3:E17)", "=SUM(F3:F17)", ""]]),
    "mzj/forms/org-assets.xlsx": ("资产清单", ["序号", "资产名称", "数量", "取得方式", "价值（元）", "用途"], numbered(15, 6) + [["合计", "", "", "", "=SUM(E3:E17)", ""]]),
    "yunxi/forms/lift-vote.xlsx": ("业主表决汇总表", ["房号", "专有面积（平方米）", "意见（同意/反对/弃权/未送达）", "签名", "备注"],
        [["", "", "", "", ""] for _ in range(14)] + [["同意户数", "", '=COUNTIF(C3:C16,"同意")', "", ""], ["同意面积", '=SUMIF(C3:C16,"同意",B3:B16)', "", "", ""]]),
    "qingshi/forms/workshop-equip.xlsx": ("设备清单", ["序号", "设备名称", "功率（千瓦）", "是否湿法", "数量"], numbered(12, 5)),
}


def documents():
    for path, (title, office, lines, notes) in FORMS.items():
        docx(CONTENT / path, title, office, lines, notes)
    for path, (title, headings, rows) in WORKBOOKS.items():
        xlsx(CONTENT / path, title, headings, rows)


# ---------------------------------------------------------------- tables


def write_csv(path, headings, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(headings)
    writer.writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8", newline="\n")


# Break points of HJ 633-2012: the index and the concentrations (24 hours; O3: 8 hours).
INDEX = [0, 50, 100, 150, 200]
BREAKS = {
    "PM2.5": [0, 35, 75, 115, 150],
    "PM10": [0, 50, 150, 250, 350],
    "SO2": [0, 50, 150, 475, 800],
    "NO2": [0, 40, 80, 180, 280],
    "O3": [0, 100, 160, 215, 265],
    "CO": [0, 2, 4, 14, 24],
}
NO_DATA = {dt.date(2026, 8, 27), dt.date(2026, 10, 13), dt.date(2026, 10, 14)}


def sub_index(name, value):
    points = BREAKS[name]
    for low, high, a, b in zip(points, points[1:], INDEX, INDEX[1:]):
        if value <= high:
            exact = (b - a) / (high - low) * (value - low) + a
            return int(exact) + (exact > int(exact))  # rounded up, as the rule has it
    raise ValueError(f"{name} {value}")


def air():
    rng = random.Random("air 2026")
    day, last = dt.date(2026, 8, 1), dt.date(2026, 11, 19)
    weather, rows = 0.0, []
    while day <= last:
        age = (day - dt.date(2026, 8, 1)).days / 110  # 0 in August, 1 in November
        weather = 0.72 * weather + rng.gauss(0, 0.8)  # stagnant air comes and goes
        load = max(0.45, 1 + 0.32 * weather)
        pm25 = round((13 + 15 * age) * load + rng.uniform(-2, 2))
        pm10 = round(pm25 * rng.uniform(1.3, 1.8) + 3)
        so2 = round(5 + 3 * age + rng.uniform(-1.5, 1.5))
        no2 = round((11 + 10 * age) * (0.6 + 0.4 * load) + rng.uniform(-2, 2))
        o3 = round((104 - 38 * age) * (0.7 + 0.3 * load) + rng.uniform(-16, 16))
        co = round(0.5 + 0.22 * age * load + rng.uniform(-0.08, 0.08), 1)
        values = {"PM2.5": max(pm25, 5), "PM10": max(pm10, 10), "SO2": so2, "NO2": no2, "O3": min(o3, 158), "CO": co}
        if day not in NO_DATA:
            parts = {name: sub_index(name, value) for name, value in values.items()}
            aqi = max(parts.values())
            first = "、".join(name for name, value in parts.items() if value == aqi) if aqi > 50 else "—"
            rows.append([day.isoformat(), aqi, *values.values(), first, "优" if aqi <= 50 else "良"])
            assert aqi <= 100, "the reports of these months speak of good and fair days only"
        day += dt.timedelta(days=1)
    write_csv(CONTENT / "sthjj/data/air/2026/air.csv", ["日期", "AQI", "PM2.5", "PM10", "SO2", "NO2", "O3", "CO", "首要污染物", "空气质量级别"], rows)


PLACES = "云溪 南门 湖滨 岫峰 青石 白鹤 龙潭 马岭 茶园 双桥 河口 松坪 大坪 新寨 落田".split()
TOWNS = {"岫峰", "青石", "白鹤", "龙潭", "马岭", "茶园", "双桥", "河口"}


def place(rng, year):
    name = rng.choice(PLACES)
    if name in PLACES[:3]:
        return f"{name}镇" if year < 1958 else f"{name}居民委员会" if year < 1984 else f"{name}街道"
    if year < 1958:
        return f"{name}区"
    if year < 1984:
        return f"{name}公社"
    return f"{name}镇" if name in TOWNS else "大坪彝族乡" if name == "大坪" else f"{name}乡"


# fonds: number, office before 1956, from 1956, from 1984, and what its files are about
FONDS = [
    ("0001", "云岫县人民政府", "云岫县人民委员会", "云岫市人民政府", [
        "召开全{c}各界人民代表会议有关事项", "{y}年工作要点", "调整{p}行政区划", "表彰先进单位和先进生产者", "机关精简", "{p}防洪抢险和灾后生产", "{y}年春耕生产安排", "机关办公用房修缮"]),
    ("0004", "云岫县人民政府农业科", "云岫县农业局", "云岫市农业局", [
        "{p}水稻良种推广", "{y}年冬种面积和产量统计", "{p}稻瘟病防治", "绿肥种植和积肥运动", "{p}玉米试验田总结", "农业技术员培训", "耕牛繁殖和配种", "{y}年农作物产量年报"]),
    ("0005", "云岫县人民政府建设科", "云岫县水利局", "云岫市水利局", [
        "{p}干渠岁修工程", "{y}年冬春水利建设任务", "{p}水库大坝加固", "干渠渡槽施工图纸", "{p}人畜饮水工程", "水库移民安置", "山塘清淤和防汛抢险", "{y}年灌溉用水分配"]),
    ("0006", "云岫县人民政府林业科", "云岫县林业局", "云岫市林业局", [
        "{p}封山育林", "{y}年植树造林验收", "云岫山护林防火", "{p}苗圃育苗", "松毛虫防治", "木材采伐指标分配", "{p}林权登记"]),
    ("0008", "云岫县茶叶指导站", "云岫县茶叶公司", "云岫市茶叶公司", [
        "{p}茶叶初制所鲜叶收购", "{y}年茶叶收购价格和等级标准", "{p}新茶园开垦", "茶叶制作技术培训", "出口红茶调拨", "{p}老茶园改造", "茶叶评比结果"]),
    ("0011", "云岫县供销合作社", "云岫县供销合作社", "云岫市供销合作社", [
        "{p}供销社网点设置", "{y}年农副产品收购", "秋季物资交流会", "化肥农药供应", "{p}代购代销店管理", "社员股金分红", "日用工业品供应计划"]),
    ("0012", "云岫县人民政府粮食科", "云岫县粮食局", "云岫市粮食局", [
        "{p}粮食入库", "{y}年公粮征收", "{p}粮仓维修", "储粮害虫防治", "城镇粮油供应", "种子粮调剂", "{p}粮食产销平衡统计"]),
    ("0015", "云岫县人民政府文教科", "云岫县文教局", "云岫市教育局", [
        "{p}完全小学校舍修建", "{y}年招生计划", "扫盲班师资", "{p}民办教师转正", "中学师资调配", "{y}年升学考试成绩统计", "{p}教学点设置", "勤工俭学基地"]),
    ("0016", "云岫县文化馆", "云岫县文化局", "云岫市文化局", [
        "{p}文化站建设", "{y}年国庆文艺会演", "彝族民歌采录", "放映队下乡放映", "{p}石雕艺人登记", "文物保护单位调查", "图书馆藏书清理"]),
    ("0018", "云岫县卫生院", "云岫县卫生局", "云岫市卫生局", [
        "{p}卫生所建设", "{y}年预防接种统计", "疟疾防治", "赤脚医生培训", "{p}改水改厕", "妇幼保健普查", "中草药采集"]),
    ("0021", "云岫县人民政府财政科", "云岫县财政局", "云岫市财政局", [
        "{y}年财政收支决算", "{p}农业税减免", "行政经费标准", "{p}财务检查", "国营企业利润上缴", "{y}年预算编制"]),
    ("0024", "云岫县人民政府工商科", "云岫县手工业管理局", "云岫市轻工业局", [
        "{p}手工业合作社成立", "石雕厂产品订货", "竹器社生产计划", "{y}年轻工产品评比", "{p}铁木农具供应", "技工学徒出师", "工艺美术品出口"]),
    ("0027", "云岫县交通科", "云岫县交通局", "云岫市交通局", [
        "{p}公路改建", "{y}年养路任务", "双桥渡口改桥", "云溪河石桥加固", "{p}马车运输合作社", "客运班次调整", "道班房建设"]),
    ("0030", "云岫县人民政府民政科", "云岫县民政局", "云岫市民政局", [
        "{p}优抚对象普查", "{y}年冬令救济", "婚姻登记统计", "{p}敬老院建设", "复员军人安置", "社会救济款发放", "殡葬改革"]),
    ("0033", "云岫县气象哨", "云岫县气象站", "云岫市气象局", [
        "{y}年气象观测记录", "霜冻预报", "{p}雨量点资料", "农业气候区划", "暴雨天气过程总结"]),
    ("0036", "云岫县广播站", "云岫县广播站", "云岫市广播电视局", [
        "{p}有线广播入户", "{y}年宣传报道计划", "广播线路维护", "通讯员培训", "{p}电视差转台建设"]),
    ("0039", "云岫县建筑队", "云岫县城建局", "云岫市城建局", [
        "云溪路拓宽", "三眼桥维修", "老城下水道改造", "{p}集镇规划", "路灯安装", "{y}年住宅建设", "公园绿化"]),
    ("0042", "云岫县工商业联合会", "云岫县商业局", "云岫市商业局", [
        "茶马街商铺登记", "{y}年商品零售价格", "{p}门市部扩建", "公私合营核资", "肉食蔬菜供应", "副食品票证发放", "百货公司盘点"]),
]
GENRES = "报告 通知 批复 请示 总结 意见 决定 规定 简报 函".split()
PLAIN = ("统计", "图纸", "年报", "决算", "资料", "记录", "登记", "调拨", "核资", "盘点", "分红", "收购")  # filed as they are, not as a letter

# Matters that belong to some years only: word, first year, last year.
YEARS = [
    ("双桥渡口", 1962, 1995), ("电视", 1975, 1995), ("路灯", 1978, 1995), ("三眼桥", 1957, 1995), ("石桥加固", 1957, 1995),
    ("赤脚医生", 1968, 1983), ("公私合营", 1954, 1958), ("扫盲", 1950, 1960), ("合作社成立", 1952, 1957), ("票证", 1954, 1992),
    ("婚姻登记", 1954, 1995), ("转正", 1979, 1995), ("化肥", 1956, 1995), ("干渠", 1958, 1995), ("水库", 1958, 1995), ("马车", 1950, 1978),
    ("国营企业", 1952, 1986), ("复员军人", 1950, 1988), ("各界人民代表会议", 1950, 1954), ("公粮", 1950, 1992), ("农业税", 1950, 1995),
]

# Matters of a season: word, first day of the year, number of days.
SEASONS = [
    ("春耕", 32, 70), ("冬", 280, 80), ("秋季", 245, 60), ("防洪", 150, 120), ("防汛", 130, 120), ("国庆", 240, 45), ("决算", 330, 34), ("年报", 335, 28),
    ("招生", 150, 90), ("升学考试", 190, 50), ("预算", 5, 80), ("要点", 5, 60), ("鲜叶", 60, 120), ("新茶园", 280, 80), ("霜冻", 290, 70), ("暴雨", 160, 110),
]

# Records the stories of the site speak of.
KNOWN = [
    ("0039", "KJ1956", "云溪河石桥（三眼桥）设计说明和施工图", "云岫县建筑队", "1956-04-17", 42, "永久"),
    ("0039", "KJ1964", "云溪河石桥加建泄洪孔施工蓝图", "云岫县城建局", "1964-09-08", 37, "永久"),
    ("0039", "KJ1981", "三眼桥桥面加宽工程图及群众来信", "云岫县城建局", "1981-06-23", 88, "永久"),
    ("0008", "CK1962", "岫峰茶叶初制所鲜叶收购账", "云岫县茶叶公司", "1962-12-30", 164, "长期"),
    ("0001", "WS1983", "云岫市人民政府关于启用新印章的通知", "云岫市人民政府", "1983-10-25", 6, "永久"),
    ("0001", "WS1983", "云岫市人民政府关于刻制印章的申请及单据", "云岫市人民政府", "1983-10-12", 9, "永久"),
    ("0001", "WS1983", "旧印章收缴登记", "云岫市人民政府办公室", "1983-11-18", 14, "永久"),
    ("0005", "KJ1972", "云岫山干渠全线通水护渠记录和漏水登记", "云岫县水利局", "1972-02-21", 203, "永久"),
]
RECORDS = 30_000


def catalogue():
    rng = random.Random("archives 1950-1995")
    files = [(date, fonds, series, title, office, pages, keep) for fonds, series, title, office, date, pages, keep in KNOWN]
    seen = {entry[3] for entry in files}
    while len(files) < RECORDS:
        fonds, early, middle, late, matters = rng.choice(FONDS)
        year = rng.choices(range(1950, 1996), [2 + (y - 1950) * 0.16 for y in range(1950, 1996)])[0]
        office = early if year < 1956 else middle if year < 1984 else late
        if fonds == "0001" and 1968 <= year < 1984:
            office = "云岫县革命委员会" if year < 1981 else "云岫县人民政府"
        matter = rng.choice(matters)
        if any(word in matter and not first <= year <= last for word, first, last in YEARS):
            continue
        matter = matter.format(p=place(rng, year), y=year, c="县" if year < 1984 else "市")
        if str(year) not in matter and rng.random() < 0.6:
            matter = f"{year}年{matter}"
        if any(word in matter for word in PLAIN):
            title = f"{office}{matter}{rng.choice(['材料', '', '汇总'])}"
        elif rng.random() < 0.85:
            title = f"{office}关于{matter}的{rng.choice(GENRES)}"
        else:
            title = f"{office}{matter}文件汇集"
        if title in seen:
            continue
        seen.add(title)
        first, days = 4, 358
        for word, start, length in SEASONS:
            if word in matter:
                first, days = start, length
        date = dt.date(year, 1, 1) + dt.timedelta(days=first - 1 + rng.randrange(days))
        series = ("KJ" if "图纸" in matter or "施工" in matter else "CK" if "账" in matter else "WS") + str(year)
        pages = max(3, min(320, round(rng.lognormvariate(3.6, 0.8))))
        keep = rng.choices(["永久", "长期", "短期"], [35, 45, 20])[0]
        files.append((date.isoformat(), fonds, series, title, office, pages, keep))
    files.sort(key=lambda entry: (entry[1], entry[2], entry[0], entry[3]))
    rows, numbers = [], {}
    for date, fonds, series, title, office, pages, keep in files:
        numbers[fonds, series] = numbers.get((fonds, series), 0) + 1
        rows.append([f"{fonds}-{series}-{numbers[fonds, series]:04}", title, office, date, pages, keep, "公开"])
    write_csv(CONTENT / "daj/catalogue/1950-1995/catalogue.csv", ["档号", "题名", "责任者", "形成日期", "页数", "保管期限", "密级"], rows)


def main():
    documents()
    air()
    catalogue()
    if "--tables" not in sys.argv[1:]:
        pictures()


if __name__ == "__main__":
    main()
