//! Documents with numbers in them: Markdown, Word, Excel, PDF, CSV, text, and archives of these, written byte by byte.
//!
//! In: a group and persons' numbers. Out: content and attachments in which each number stands once, and how many stand where.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};

use super::group::Group;
use super::people::Planted;

/// How many numbers of a rule stand in a file.
pub type Expected = BTreeMap<(String, String), usize>;

/// Ways to carry numbers: the file's name, and how it is made of texts.
type Carrier = (&'static str, fn(&[String]) -> Vec<u8>);

const CARRIERS: [Carrier; 11] = [
    ("list.docx", |texts| docx(texts, false)),
    ("split.docx", |texts| docx(texts, true)),
    ("shared.xlsx", |texts| xlsx(texts, true)),
    ("inline.xlsx", |texts| xlsx(texts, false)),
    ("plain.pdf", |texts| pdf(texts, false)),
    ("unicode.pdf", |texts| pdf(texts, true)),
    ("list.csv", |texts| format!("姓名,号码\n{}", texts.iter().map(|t| format!("张某,{t}\n")).collect::<String>()).into_bytes()),
    ("list.txt", |texts| texts.join("\r\n").into_bytes()),
    ("wide.txt", |texts| [0xFF, 0xFE].into_iter().chain(texts.join("\n").encode_utf16().flat_map(u16::to_le_bytes)).collect()),
    ("word.zip", |texts| zip(&[("名单/a.docx", &docx(texts, false))])),
    ("nested.zip", |texts| zip(&[("inner.zip", &zip(&[("b.xlsx", &xlsx(texts, true)), ("readme.txt", b"ok")]))])),
];

/// Writes all numbers into the group, some into the text of items, the others into attachments.
pub fn plant(group: &Group, people: &[Planted]) -> Expected {
    let mut expected = Expected::new();
    let ways = CARRIERS.len() + 4;
    let mut files: BTreeMap<usize, Vec<&Planted>> = BTreeMap::new();
    for (i, person) in people.iter().enumerate() {
        // Three kinds of numbers in turn: the way moves on after each round, so that every way carries every kind.
        files.entry((i + i / ways) % ways).or_default().push(person);
    }
    for (way, people) in files {
        let texts: Vec<String> = people.iter().map(|p| p.written.clone()).collect();
        let file = match way {
            0 => markdown(group, "running", &texts.iter().map(|t| format!("联系人张某，号码{t}，已登记。\n\n")).collect::<String>()),
            1 => markdown(group, "table", &format!("| 姓名 | 号码 |\n|---|---|\n{}", texts.iter().map(|t| format!("| 李某 | {t} |\n")).collect::<String>())),
            2 => markdown(group, "raw", &texts.iter().map(|t| format!("- **{}**{}\n", &t[..3], &t[3..])).collect::<String>()),
            3 => {
                for (i, text) in texts.iter().enumerate() {
                    let name = format!("title-{i}");
                    let text = format!("---\ntitle: 关于 {text} 的公示\ndate: 2026-11-18\nsummary: 公示\n---\n公示内容。\n");
                    group.write(&format!("content/www/news/{name}.md"), text);
                    *expected.entry((format!("content/www/news/{name}.md"), people[i].rule.to_string())).or_default() += 1;
                }
                continue;
            }
            way => {
                let (name, make) = CARRIERS[way - 4];
                attach(group, name, &make(&texts))
            }
        };
        for person in people {
            *expected.entry((file.clone(), person.rule.to_string())).or_default() += 1;
        }
    }
    expected
}

fn markdown(group: &Group, name: &str, body: &str) -> String {
    let file = format!("content/www/news/{name}.md");
    group.write(&file, format!("---\ntitle: 名单公示\ndate: 2026-11-18\nsummary: 公示\n---\n{body}"));
    file
}

/// Puts a file beside an item that refers to it.
pub fn attach(group: &Group, name: &str, bytes: &[u8]) -> String {
    let stem = name.replace('.', "-");
    let body = "附件是有关名单，按照规定公示五个工作日，对公示内容有异议的，请在公示期内向我单位书面反映，并署明真实姓名。逾期不再受理，特此公告，请互相转告。";
    group.write(
        &format!("content/www/news/{stem}/index.md"),
        format!("---\ntitle: 附件公示\ndate: 2026-11-18\nsummary: 公示\nattachments: [{name}]\n---\n{body}\n"),
    );
    let file = format!("content/www/news/{stem}/{name}");
    group.write(&file, bytes);
    file
}

/// A ZIP archive.
pub fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A Word document, a paragraph for each text; `split`: written in several runs, as Word does after edits.
fn docx(texts: &[String], split: bool) -> Vec<u8> {
    let run = |t: &str| format!("<w:r><w:t xml:space=\"preserve\">{t}</w:t></w:r>");
    let runs = |t: &String| if split { format!("{}<w:proofErr/>{}{}", run(&t[..2]), run(&t[2..9]), run(&t[9..])) } else { run(&format!("号码：{t}")) };
    let body: String = texts.iter().map(|t| format!("<w:p>{}</w:p>", runs(t))).collect();
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>{body}</w:body></w:document>"
    );
    zip(&[("[Content_Types].xml", b"<Types/>"), ("word/document.xml", xml.as_bytes())])
}

/// A workbook: texts as shared strings or in their cells; what is all digits as a bare number.
fn xlsx(texts: &[String], shared: bool) -> Vec<u8> {
    let cell = |(i, t): (usize, &String)| {
        let r = i + 1;
        let number = !shared && t.bytes().all(|b| b.is_ascii_digit());
        let value = match (shared, number) {
            (true, _) => format!("<c r=\"B{r}\" t=\"s\"><v>{}</v></c>", i + 1),
            (_, true) => format!("<c r=\"B{r}\"><v>{t}</v></c>"),
            _ => format!("<c r=\"B{r}\" t=\"inlineStr\"><is><t>{t}</t></is></c>"),
        };
        format!("<row r=\"{r}\"><c r=\"A{r}\" t=\"s\"><v>0</v></c>{value}</row>")
    };
    let rows: String = texts.iter().enumerate().map(cell).collect();
    let all = texts.iter().map(|t| format!("<si><t>{t}</t></si>")).collect::<String>();
    let strings = format!("<sst><si><t>张某</t></si>{}</sst>", if shared { all } else { String::new() });
    let sheet = format!("<worksheet><sheetData>{rows}</sheetData></worksheet>");
    zip(&[("xl/worksheets/sheet1.xml", sheet.as_bytes()), ("xl/sharedStrings.xml", strings.as_bytes()), ("xl/workbook.xml", b"<workbook/>")])
}

/// A PDF of as many pages as are needed: Latin text in a standard font, or codes of an embedded subset with a map to Unicode.
pub fn pdf(texts: &[String], unicode: bool) -> Vec<u8> {
    let pages: Vec<&[String]> = texts.chunks(30).collect();
    let mut objects: Vec<Vec<u8>> = vec![b"<< /Type /Catalog /Pages 2 0 R >>".to_vec()];
    let kids: String = (0..pages.len()).map(|i| format!("{} 0 R ", 6 + i * 2)).collect();
    objects.push(format!("<< /Type /Pages /Kids [{kids}] /Count {} >>", pages.len()).into_bytes());
    let font = if unicode {
        "/Subtype /Type0 /BaseFont /AAAAAA+SimSun /Encoding /Identity-H /DescendantFonts [4 0 R] /ToUnicode 5 0 R"
    } else {
        "/Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding"
    };
    objects.push(format!("<< /Type /Font {font} >>").into_bytes());
    objects.push(
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /AAAAAA+SimSun /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /DW 500 >>"
            .to_vec(),
    );
    let map = "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n\
               /CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n1 beginbfrange\n<0103> <0161> <0020>\n\
               endbfrange\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n";
    objects.push(stream(map.as_bytes()));
    for page in pages {
        let line = |t: &String| {
            let code = |t: &str| t.bytes().map(|b| format!("{:04X}", u16::from(b) - 0x20 + 0x103)).collect::<String>();
            // Word's PDFs move glyphs a little within a word.
            if unicode { format!("[<{}> -12 <{}>] TJ T*\n", code(&t[..5]), code(&t[5..])) } else { format!("(No. {t}) Tj T*\n") }
        };
        let content = format!("BT /F1 12 Tf 14 TL 50 780 Td\n{}ET", page.iter().map(line).collect::<String>());
        let at = objects.len() + 2;
        objects.push(format!("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents {at} 0 R >>").into_bytes());
        objects.push(stream(content.as_bytes()));
    }
    whole(&objects)
}

fn stream(bytes: &[u8]) -> Vec<u8> {
    let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::default());
    let mut packed = vec![0; compressor.zlib_compress_bound(bytes.len())];
    let length = compressor.zlib_compress(bytes, &mut packed).unwrap();
    packed.truncate(length);
    [format!("<< /Length {length} /Filter /FlateDecode >>\nstream\n").as_bytes(), &packed, b"\nendstream"].concat()
}

fn whole(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"%PDF-1.5\n".to_vec();
    let mut places = Vec::new();
    for (i, object) in objects.iter().enumerate() {
        places.push(out.len());
        out.extend(format!("{} 0 obj\n", i + 1).into_bytes());
        out.extend(object);
        out.extend(b"\nendobj\n");
    }
    let at = out.len();
    let table: String = places.iter().map(|p| format!("{p:010} 00000 n \n")).collect();
    let trailer = format!("xref\n0 {}\n0000000000 65535 f \n{table}trailer\n<< /Size {0} /Root 1 0 R >>\nstartxref\n{at}\n%%EOF\n", objects.len() + 1);
    out.extend(trailer.into_bytes());
    out
}

/// The beginning of a photograph, which says where it was taken or not.
pub fn photo(place: bool) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0\x01\0\x25\x88\x04\0\x01\0\0\0\x1A\0\0\0\0\0\0\0".to_vec();
    tiff.extend([1, 0, if place { 2 } else { 29 }, 0, 5, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    [b"\xFF\xD8\xFF\xE1\0\x60Exif\0\0".to_vec(), tiff].concat()
}
