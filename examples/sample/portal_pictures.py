"""The main portal's pictures and documents, made again with: python3 examples/sample/portal_pictures.py

Writes into content/www/. Pictures come from `scene` in pictures.py; forms and reports are small
hand-built .docx, .xlsx and .pdf files. Everything is deterministic: fixed seeds, fixed dates in
the archives, no clock. Needs Python 3.11 and Pillow.
"""

import io
import zipfile
import zlib
from pathlib import Path
from xml.sax.saxutils import escape

from PIL import Image, ImageDraw

from pictures import scene

WWW = Path(__file__).resolve().parents[2] / "content" / "www"
WIDE = (1200, 400)

# path below content/www, kind of scene, seed, size (None: the kind's own)
PICTURES = [
    ("city/overview/old-town-view.jpg", "town", 101, None),
    ("city/customs/torch-festival.jpg", "festival", 102, None),
    ("city/products/tea-terrace.jpg", "tea", 103, None),
    ("city/album/four-seasons/01-mountain.jpg", "mountain", 233, None),
    ("city/album/four-seasons/02-lantern.jpg", "festival", 242, None),
    ("city/album/four-seasons/03-spring-tea.jpg", "tea", 203, None),
    ("city/album/four-seasons/04-forest.jpg", "forest", 221, None),
    ("city/album/four-seasons/05-bridge.jpg", "bridge", 205, None),
    ("city/album/four-seasons/06-lake.jpg", "lake", 206, None),
    ("city/album/four-seasons/07-torch.jpg", "festival", 207, None),
    ("city/album/four-seasons/08-school.jpg", "school", 208, None),
    ("city/album/four-seasons/09-market.jpg", "market", 209, None),
    ("city/album/four-seasons/10-town.jpg", "town", 210, None),
    ("city/album/four-seasons/11-night.jpg", "night", 211, None),
    ("city/album/four-seasons/12-hall.jpg", "office", 212, None),
    ("city/album/old-town/1-river-morning.jpg", "bridge", 314, None),
    ("city/album/old-town/2-morning-market.jpg", "market", 302, None),
    ("city/album/old-town/3-confucian-temple.jpg", "town", 303, None),
    ("city/album/old-town/4-after-school.jpg", "school", 304, None),
    ("city/album/old-town/5-tea-street-night.jpg", "night", 305, None),
    ("news/headlines/city-hall.jpg", "office", 401, None),
    ("news/headlines/river.jpg", "bridge", 402, None),
    ("news/headlines/community.jpg", "town", 403, None),
    ("news/headlines/tea-conference.jpg", "tea", 404, None),
    ("news/headlines/greenway.jpg", "lake", 405, None),
    ("news/pictures/lake-birds.jpg", "lake", 406, None),
    ("news/pictures/stone-class.jpg", "school", 407, None),
    ("open/leaders/wen-yuechuan.jpg", "portrait", "wen-yuechuan", None),
    ("open/leaders/su-yanqiu.jpg", "portrait", "su-3", None),
    ("open/leaders/duan-qitong.jpg", "portrait", "duan-qitong", None),
    ("open/leaders/qi-ruoheng.jpg", "portrait", "qi-ruoheng", None),
    ("open/leaders/ran-dingrong.jpg", "portrait", "ran-dingrong", None),
    ("open/leaders/wu-jinglan.jpg", "portrait", "wu-3", None),
    ("services/hall/hall.jpg", "office", 501, None),
    ("market/invest/park.jpg", "office", 601, None),
    ("market/vendors/qinglan-tea.jpg", "tea", 602, None),
    ("topics/business-environment.jpg", "office", 701, WIDE),
    ("topics/beautiful-yunxiu.jpg", "lake", 702, WIDE),
    ("topics/quality-development.jpg", "mountain", 703, WIDE),
    ("topics/old-communities.jpg", "town", 704, WIDE),
]


def steps_picture(path):
    """Five steps of a company's life as icons: no lettering, so no font is needed."""
    scale = 2
    image = Image.new("RGB", (1200 * scale, 480 * scale), "#f6f1e7")
    draw = ImageDraw.Draw(image)
    colours = ["#b5271f", "#c9772b", "#5a8f4e", "#2f7a86", "#3c4f86"]

    def box(x0, y0, x1, y1, colour, radius=10):
        draw.rounded_rectangle([v * scale for v in (x0, y0, x1, y1)], radius * scale, fill=colour)

    def disc(x, y, r, colour):
        draw.ellipse([v * scale for v in (x - r, y - r, x + r, y + r)], fill=colour)

    def shape(points, colour):
        draw.polygon([(x * scale, y * scale) for x, y in points], fill=colour)

    box(90, 372, 1110, 382, "#d8cdb8", 5)
    for i, colour in enumerate(colours):
        x = 140 + i * 230
        disc(x, 377, 20, colour)
        disc(x, 377, 9, "#ffffff")
        disc(x, 200, 88, colour)
        shape([(x - 14, 300), (x + 14, 300), (x, 334)], colour)
        if i < 4:
            shape([(x + 100, 186), (x + 124, 200), (x + 100, 214)], "#a79c86")
    white = "#ffffff"
    # a door, a plot with a plug, coins, a checked list, a handset
    box(108, 150, 172, 252, white, 6)
    disc(158, 204, 6, colours[0])
    box(330, 190, 410, 226, white, 6)
    box(346, 160, 358, 196, white, 4)
    box(382, 160, 394, 196, white, 4)
    box(364, 222, 376, 256, white, 4)
    for k in range(3):
        box(558, 222 - k * 30, 642, 244 - k * 30, white, 11)
    box(788, 146, 872, 256, white, 8)
    for k in range(3):
        disc(808, 172 + k * 30, 8, colours[3])
        box(824, 168 + k * 30, 860, 176 + k * 30, colours[3], 4)
    box(1006, 164, 1114, 228, white, 16)
    shape([(1036, 224), (1066, 224), (1034, 252)], white)
    for k in range(3):
        disc(1032 + k * 28, 196, 8, colours[4])
    image = image.resize((1200, 480), Image.LANCZOS).quantize(64, dither=Image.NONE)
    image.save(path, "PNG", optimize=True)


def archive(path, parts):
    """A zip of (name, text) with one fixed date."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, text in parts:
            info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = 0o644 << 16
            z.writestr(info, text.encode("utf-8"))
    path.write_bytes(out.getvalue())


XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def package_parts(main, main_type, extra=()):
    overrides = "".join(
        f'<Override PartName="/{name}" ContentType="application/vnd.openxmlformats-officedocument.{kind}+xml"/>'
        for name, kind in [(main, main_type), *extra]
    )
    return [
        (
            "[Content_Types].xml",
            f'{XML}<Types xmlns="{PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>' + overrides + "</Types>",
        ),
        (
            "_rels/.rels",
            f'{XML}<Relationships xmlns="{PACKAGE}/relationships">'
            f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="{main}"/></Relationships>',
        ),
    ]


def docx(path, title, rows, notes):
    """A form: a title, a two- or four-cell table, numbered notes."""
    font = '<w:rFonts w:ascii="SimSun" w:eastAsia="SimSun" w:hAnsi="SimSun"/>'

    def paragraph(text, size=21, centre=False, bold=False):
        return (
            "<w:p><w:pPr>" + ('<w:jc w:val="center"/>' if centre else "") + "</w:pPr>"
            f"<w:r><w:rPr>{font}{'<w:b/>' if bold else ''}<w:sz w:val=\"{size}\"/></w:rPr>"
            f'<w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'
        )

    table = (
        '<w:tbl><w:tblPr><w:tblW w:w="9000" w:type="dxa"/><w:tblBorders>'
        + "".join(
            f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="444444"/>'
            for side in ("top", "left", "bottom", "right", "insideH", "insideV")
        )
        + "</w:tblBorders></w:tblPr><w:tblGrid>" + '<w:gridCol w:w="2250"/>' * 4 + "</w:tblGrid>"
    )
    for row in rows:
        table += "<w:tr>"
        for i, cell in enumerate(row):
            span = 3 if len(row) == 2 and i == 1 else 1
            table += (
                f'<w:tc><w:tcPr><w:tcW w:w="{2250 * span}" w:type="dxa"/>'
                + (f'<w:gridSpan w:val="{span}"/>' if span > 1 else "")
                + f"</w:tcPr>{paragraph(cell)}</w:tc>"
            )
        table += "</w:tr>"
    table += "</w:tbl>"
    body = paragraph(title, 36, centre=True, bold=True) + table + paragraph("填写说明", bold=True)
    body += "".join(paragraph(f"{n}. {note}") for n, note in enumerate(notes, 1))
    document = (
        f'{XML}<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{body}'
        '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1440" w:right="1440" w:bottom="1440" '
        'w:left="1440" w:header="720" w:footer="720" w:gutter="0"/></w:sectPr></w:body></w:document>'
    )
    parts = package_parts("word/document.xml", "wordprocessingml.document.main")
    archive(path, [*parts, ("word/document.xml", document)])


def xlsx(path, sheet, widths, rows):
    """One sheet; numbers stay numbers, texts are inline."""

    def cell(column, line, value):
        place = f"{chr(65 + column)}{line}"
        if isinstance(value, (int, float)):
            return f'<c r="{place}"><v>{value}</v></c>'
        return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'

    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    columns = "".join(f'<col min="{i}" max="{i}" width="{w}" customWidth="1"/>' for i, w in enumerate(widths, 1))
    lines = "".join(
        f'<row r="{n}">' + "".join(cell(i, n, v) for i, v in enumerate(row)) + "</row>" for n, row in enumerate(rows, 1)
    )
    parts = package_parts(
        "xl/workbook.xml", "spreadsheetml.sheet.main", [("xl/worksheets/sheet1.xml", "spreadsheetml.worksheet")]
    )
    archive(
        path,
        [
            *parts,
            (
                "xl/workbook.xml",
                f'{XML}<workbook xmlns="{main}" xmlns:r="{OFFICE}"><sheets>'
                f'<sheet name="{escape(sheet)}" sheetId="1" r:id="rId1"/></sheets></workbook>',
            ),
            (
                "xl/_rels/workbook.xml.rels",
                f'{XML}<Relationships xmlns="{PACKAGE}/relationships">'
                f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
            ),
            (
                "xl/worksheets/sheet1.xml",
                f'{XML}<worksheet xmlns="{main}"><cols>{columns}</cols><sheetData>{lines}</sheetData></worksheet>',
            ),
        ],
    )


def pdf(path, title, paragraphs):
    """A4 text pages in the reader's own Song face: a standard CID font, nothing embedded."""
    width, size, leading, left, top, bottom = 38, 12, 22, 70, 770, 70
    lines = [(title, 18), ("", size)]
    for text in paragraphs:
        lines += [(text[i : i + width], size) for i in range(0, len(text), width)] or [("", size)]
    per_page = (top - bottom) // leading
    pages = [lines[i : i + per_page] for i in range(0, len(lines), per_page)]

    def encode(text):
        return "<" + text.encode("utf-16-be").hex().upper() + ">"

    objects = {
        3: b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [4 0 R] >>",
        4: b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) "
        b"/Ordering (GB1) /Supplement 2 >> /DW 1000 /W [1 95 500] /FontDescriptor 5 0 R >>",
        5: b"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 "
        b"/Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>",
    }
    kids = []
    for n, page in enumerate(pages):
        leaf, stream = 7 + 2 * n, 8 + 2 * n
        text = f"BT {left} {top} Td {leading} TL\n"
        text += "".join(f"/F1 {points} Tf {encode(line)} Tj T*\n" for line, points in page) + "ET\n"
        data = zlib.compress(text.encode("ascii"), 9)
        objects[leaf] = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {stream} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        ).encode()
        objects[stream] = (
            f"<< /Length {len(data)} /Filter /FlateDecode >>\nstream\n".encode() + data + b"\nendstream"
        )
        kids.append(f"{leaf} 0 R")
    objects[1] = b"<< /Type /Catalog /Pages 2 0 R /Lang (zh-CN) /ViewerPreferences << /DisplayDocTitle true >> >>"
    objects[2] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>".encode()
    objects[6] = f"<< /Title <FEFF{title.encode('utf-16-be').hex().upper()}> >>".encode()

    out = bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number in sorted(objects):
        offsets.append(len(out))
        out += f"{number} 0 obj\n".encode() + objects[number] + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(offsets) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010d} 00000 n \n".encode() for offset in offsets)
    out += f"trailer\n<< /Size {len(offsets) + 1} /Root 1 0 R /Info 6 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    path.write_bytes(bytes(out))


def documents():
    forms = WWW / "services" / "forms"
    person = [["姓名", "", "性别", ""], ["证件类型", "", "证件号码", ""], ["联系电话", "", "户籍所在社区（村）", ""]]
    sign = [["申请人承诺", "以上情况属实，如有虚假愿承担相应责任。　　签名：　　　　年　　月　　日"]]

    docx(
        forms / "old-age-form.docx",
        "云岫市高龄津贴申请表",
        [*person, ["居住地址", ""], ["享受其他补贴情况", "□无　□特困供养　□低保　□其他："], *sign,
         ["村（社区）意见", ""], ["乡镇（街道）审核意见", ""], ["市民政局确认意见", ""]],
        ["本表一式一份，由本人、子女或者监护人填写。", "津贴发放到社会保障卡账户，无须填写银行账号。", "咨询电话：0630-8800162。"],
    )
    docx(
        forms / "housing-form.docx",
        "云岫市公共租赁住房申请表（2026年版）",
        [*person, ["工作单位", ""], ["申请类别", "□低保、低收入家庭　□新就业无房职工　□公共服务行业职工"],
         ["共同申请人（不超过6人）", ""], ["是否需要无障碍房源", "□是　□否"],
         ["信息核查授权", "授权住房保障部门核查家庭住房、收入、婚姻、社保信息。　　签名："], *sign, ["街道受理意见", ""]],
        ["住房、婚姻情况由部门核查，无须提交证明。", "申请类别只选一项。", "咨询电话：0630-8800222。"],
    )
    docx(
        forms / "housing-form-2024.docx",
        "云岫市公共租赁住房申请表（2024年版，已停用）",
        [*person, ["工作单位", ""], ["申请类别", ""], ["共同申请人（不超过4人）", ""], ["住房情况证明", "（另附）"],
         *sign, ["街道受理意见", ""]],
        ["本表自2026年11月10日起停用。"],
    )
    docx(
        forms / "food-licence-form.docx",
        "食品经营许可申请书",
        [["申请类型", "□新办　□变更　□延续　□补办"], ["经营者名称", ""], ["统一社会信用代码", ""], ["经营场所", ""],
         ["主体业态", "□食品销售　□餐饮服务　□集中用餐单位食堂"], ["经营项目", ""],
         ["从业人员数", "", "持健康证明人数", ""], ["食品安全管理员", "", "联系电话", ""], *sign],
        ["主体业态、经营项目按许可管理办法的分类填写。", "从业人员健康信息只填人数，不附个人体检资料。"],
    )
    docx(
        WWW / "open" / "request" / "request-form.docx",
        "云岫市政府信息公开申请表",
        [["申请人类别", "□公民　□法人或者其他组织"], ["姓名或者名称", "", "联系人", ""], ["身份证明名称", "", "身份证明号码", ""],
         ["通信地址", "", "邮政编码", ""], ["联系电话", "", "电子邮箱", ""], ["所需信息的名称、文号或者特征描述", ""],
         ["提供方式", "□纸质　□电子文档"], ["获取方式", "□邮寄　□电子邮件　□当面领取"], ["申请人签名或者盖章", "　　　　　年　　月　　日"]],
        ["一事一申请，描述尽量明确。", "请附身份证明复印件；法人申请的附证照复印件。", "受理电话：0630-8800015。"],
    )
    xlsx(
        forms / "flexible-insurance-form.xlsx",
        "参保登记表",
        [22, 26, 22, 26],
        [["灵活就业人员企业职工基本养老保险参保登记表（2026年版）"], ["姓名", "", "性别", ""], ["证件类型", "", "证件号码", ""],
         ["户籍地址", "", "居住地址", ""], ["首次参保时间", "", "就业形式", "个体工商户／非全日制／其他"],
         ["缴费基数档次", "一档 60%　二档 80%　三档 100%　四档 200%　五档 300%", "缴费方式", "按月／按季／按年"],
         ["代办人姓名", "", "代办人签名", ""], ["本人签名", "", "填表日期", ""]],
    )
    works = ["屋面防水", "外墙修缮", "楼道照明", "供水管线", "排水管线", "供电线路", "燃气管线", "通信线缆入地", "消防设施",
             "道路硬化", "垃圾分类设施", "安防监控", "停车位", "充电设施", "无障碍坡道", "适老座椅", "绿化", "快递柜",
             "健身器材", "门卫室", "晾晒设施", "加装电梯", "社区食堂", "托育点", "活动室", "便民商业", "卫生服务站"]
    kinds = ["基础类"] * 12 + ["完善类"] * 9 + ["提升类"] * 6
    xlsx(
        forms / "community-survey.xlsx",
        "意愿征询表",
        [8, 12, 22, 10, 10, 10],
        [["老旧小区改造居民意愿征询表"], ["小区名称", "", "楼栋—单元—房号", "", "业主签名", ""],
         ["序号", "类别", "改造内容", "需要", "不需要", "无所谓"],
         *[[n, kind, work, "", "", ""] for n, (kind, work) in enumerate(zip(kinds, works), 1)],
         ["出资方式", "", "□直接出资　□维修资金　□提取公积金　□让渡公共收益", "", "", ""]],
    )
    pdf(
        forms / "company-checklist.pdf",
        "企业设立登记材料清单（2026年3月版）",
        ["一、有限责任公司", "1. 公司登记（备案）申请书（系统自动生成）", "2. 公司章程（可使用示范文本）",
         "3. 股东主体资格文件（电子证照核验，免提交）", "4. 法定代表人、董事、监事、经理任职文件",
         "5. 住所使用证明（可承诺）", "6. 前置许可文件（仅限法律、行政法规规定的行业）", "",
         "二、个人独资企业", "1. 企业登记（备案）申请书", "2. 投资人身份证明（免提交）", "3. 住所使用证明（可承诺）", "",
         "三、个体工商户", "1. 个体工商户登记（备案）申请书", "2. 经营者身份证明（免提交）", "3. 经营场所使用证明（可承诺）", "",
         "说明：清单之外，登记机关不得要求提交其他材料。标注“免提交”的由系统核验；标注“可承诺”的，申请人签署承诺书后可以不提交证明。",
         "咨询电话：0630-8800341　监督电话：12345", "云岫市市场监督管理局"],
    )
    pdf(
        WWW / "open" / "report" / "report-2025.pdf",
        "云岫市人民政府2025年政府信息公开工作年度报告",
        ["本报告根据《中华人民共和国政府信息公开条例》编制，数据统计期限为2025年1月1日至12月31日。", "",
         "一、总体情况", "全年主动公开政府信息12846条，其中规范性文件21件、政策解读37篇；举办新闻发布会14场。",
         "政府信息公开查阅点覆盖市档案馆、市图书馆、市政务服务中心和15个乡镇（街道）便民服务中心。", "",
         "二、收到和处理政府信息公开申请情况", "全年收到申请214件，按期答复率100%。其中：予以公开118件，部分公开23件，"
         "不予公开9件，本机关不掌握等无法提供52件，其他处理12件。", "",
         "三、因政府信息公开被申请行政复议、提起行政诉讼情况", "行政复议5件，结果维持4件，结果纠正1件；行政诉讼1件，结果维持。", "",
         "四、存在的主要问题及改进情况", "主要问题是部分解读偏重照抄原文、个别乡镇更新不及时。2026年将推行“政策找人”，"
         "建立解读质量评价机制，并按月通报各单位栏目更新情况。", "", "五、其他需要报告的事项", "全年未收取信息处理费。", "",
         "云岫市人民政府办公室", "2026年3月26日"],
    )
    xlsx(
        WWW / "open" / "budget" / "budget-2026.xlsx",
        "收支简表",
        [34, 16, 34, 16],
        [["2026年全市一般公共预算收支简表（单位：亿元）"], ["收入项目", "预算数", "支出项目", "预算数"],
         ["税收收入", 29.95, "一般公共服务", 16.8], ["　增值税", 11.2, "公共安全", 9.2], ["　企业所得税", 4.1, "教育", 35.6],
         ["　个人所得税", 1.35, "科学技术", 2.8], ["　城市维护建设税", 1.52, "社会保障和就业", 31.2],
         ["　契税", 3.6, "卫生健康", 20.6], ["　其他税收", 8.18, "节能环保", 6.1], ["非税收入", 15.05, "农林水", 25.9],
         ["", "", "交通运输", 8.8], ["", "", "住房保障", 7.4], ["", "", "其他支出", 3.6], ["收入合计", 45, "支出合计", 168]],
    )


def main():
    for name, kind, seed, size in PICTURES:
        path = WWW / name
        path.parent.mkdir(parents=True, exist_ok=True)
        scene(kind, seed, path, size) if size else scene(kind, seed, path)
    steps_picture(WWW / "open" / "explainers" / "business-18.png")
    documents()


if __name__ == "__main__":
    main()
