//! Pictures and documents made of nothing: JPEG, PNG and DOCX files that any program opens.
//!
//! In: a number that varies them. Out: their bytes. The JPEG holds one colour for every 8 × 8 block, the PNG is stored without
//! compression, the DOCX is a ZIP archive of stored parts: enough to be decoded, measured and resized.

/// Width and height of the photos.
const PHOTO: (usize, usize) = (640, 360);
/// Width and height of the charts.
const CHART: (usize, usize) = (320, 180);

/// A landscape: sky, two ranges of hills, water.
pub fn jpeg(variant: usize) -> Vec<u8> {
    let (width, height) = PHOTO;
    let mut out = vec![0xFF, 0xD8];
    segment(&mut out, 0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    // One table: a step of 8 makes the first coefficient of a flat block just its level.
    segment(&mut out, 0xDB, &[&[0u8][..], &[8; 64]].concat());
    let size = [8, (height >> 8) as u8, height as u8, (width >> 8) as u8, width as u8, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0];
    segment(&mut out, 0xC0, &size);
    segment(&mut out, 0xC4, &[&[0x00, 0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0][..], &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]].concat());
    // The beginning of the standard table; only its "end of block" is used.
    segment(&mut out, 0xC4, &[&[0x10, 0, 2, 1, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &[1, 2, 3, 0, 4, 0x11]].concat());
    segment(&mut out, 0xDA, &[3, 1, 0, 2, 0, 3, 0, 0, 63, 0]);
    let mut bits = Bits { out, held: 0, count: 0 };
    let mut before = [0i32; 3];
    for y in 0..height / 8 {
        for x in 0..width / 8 {
            let level = landscape(x as i32, y as i32, variant as i32);
            for (level, before) in level.iter().zip(&mut before) {
                bits.level(level - *before);
                *before = *level;
            }
        }
    }
    let mut out = bits.finish();
    out.extend([0xFF, 0xD9]);
    out
}

fn segment(out: &mut Vec<u8>, mark: u8, body: &[u8]) {
    let length = body.len() + 2;
    out.extend([0xFF, mark, (length >> 8) as u8, length as u8]);
    out.extend(body);
}

/// Y, Cb and Cr of a block, less 128.
fn landscape(x: i32, y: i32, variant: i32) -> [i32; 3] {
    let wave = |x: i32, period: i32, height: i32| {
        let at = x.rem_euclid(period);
        at.min(period - at) * 2 * height / period
    };
    let far = 22 - wave(x + variant * 7, 38, 10);
    let near = 29 - wave(x + variant * 13, 26, 7);
    match y {
        y if y < far => [70 - y + variant % 9, 18, -14 + variant % 5],
        y if y < near => [10 - (y - far) * 2, 2, -12 - variant % 6],
        y if y < 36 => [-20 - (y - near), -10, -14 + variant % 7],
        _ => [20 - (y - 36) * 3 + (x * 5 + y * 3) % 7, 16, -18],
    }
}

struct Bits {
    out: Vec<u8>,
    held: u32,
    count: u32,
}

impl Bits {
    fn put(&mut self, value: u32, length: u32) {
        for i in (0..length).rev() {
            self.held = self.held << 1 | (value >> i & 1);
            self.count += 1;
            if self.count == 8 {
                self.out.push(self.held as u8);
                if self.held as u8 == 0xFF {
                    self.out.push(0);
                }
                (self.held, self.count) = (0, 0);
            }
        }
    }

    /// The difference to the last block's level, and the end of the block.
    fn level(&mut self, difference: i32) {
        const CODES: [(u32, u32); 12] = [(0, 2), (2, 3), (3, 3), (4, 3), (5, 3), (6, 3), (14, 4), (30, 5), (62, 6), (126, 7), (254, 8), (510, 9)];
        let size = 32 - difference.unsigned_abs().leading_zeros();
        let (code, length) = CODES[size as usize];
        self.put(code, length);
        let bits = if difference < 0 { difference - 1 } else { difference };
        self.put(bits as u32 & ((1 << size) - 1), size);
        self.put(0b1010, 4);
    }

    fn finish(mut self) -> Vec<u8> {
        while self.count != 0 {
            self.put(1, 1);
        }
        self.out
    }
}

/// A bar chart in sixteen colours.
pub fn png(variant: usize) -> Vec<u8> {
    let (width, height) = CHART;
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = Vec::new();
    header.extend((width as u32).to_be_bytes());
    header.extend((height as u32).to_be_bytes());
    header.extend([4, 3, 0, 0, 0]);
    chunk(&mut out, b"IHDR", &header);
    let palette: Vec<u8> = (0..16u32).flat_map(|i| [255 - i as u8 * 9, (240 - i * 11 + variant as u32 * 5 % 16) as u8, 250 - i as u8 * 6]).collect();
    chunk(&mut out, b"PLTE", &palette);
    let mut rows = Vec::with_capacity(height * (width / 2 + 1));
    for y in 0..height {
        rows.push(0);
        rows.extend((0..width / 2).map(|x| bar(x * 2, y, variant) << 4 | bar(x * 2 + 1, y, variant)));
    }
    chunk(&mut out, b"IDAT", &stored_zlib(&rows));
    chunk(&mut out, b"IEND", &[]);
    out
}

fn bar(x: usize, y: usize, variant: usize) -> u8 {
    let number = x / 32;
    let top = 150 - (number * 37 + variant * 53) % 130;
    if x % 32 < 20 && (top..160).contains(&y) { (number % 12 + 3) as u8 } else { u8::from(y.is_multiple_of(40)) }
}

fn chunk(out: &mut Vec<u8>, kind: &[u8; 4], body: &[u8]) {
    out.extend((body.len() as u32).to_be_bytes());
    let from = out.len();
    out.extend(kind);
    out.extend(body);
    out.extend(crc32(&out[from..]).to_be_bytes());
}

fn stored_zlib(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let blocks = bytes.chunks(65_535);
    let last = blocks.len().saturating_sub(1);
    for (i, block) in blocks.enumerate() {
        let length = block.len() as u16;
        out.push(u8::from(i == last));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    let (mut a, mut b) = (1u32, 0u32);
    for byte in bytes {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    out.extend((b << 16 | a).to_be_bytes());
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { 0xEDB8_8320 ^ (c >> 1) } else { c >> 1 });
    !bytes.iter().fold(!0, step)
}

/// A Word document with a heading and a few lines to fill in.
pub fn docx(heading: &str) -> Vec<u8> {
    const TYPES: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Override PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>";
    const RELATIONS: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"word/document.xml\"/></Relationships>";
    let lines: String = [heading, "申请人：", "联系电话：", "申请事项：", "承诺以上情况属实。签名：　　　　日期："]
        .iter()
        .map(|line| format!("<w:p><w:r><w:t>{line}</w:t></w:r></w:p>"))
        .collect();
    let document = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>{lines}</w:body></w:document>"
    );
    zip(&[("[Content_Types].xml", TYPES.as_bytes()), ("_rels/.rels", RELATIONS.as_bytes()), ("word/document.xml", document.as_bytes())])
}

fn zip(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for (name, bytes) in parts {
        // Version 2.0, names in UTF-8, stored, 1980-01-01.
        let mut facts = vec![20, 0, 0, 8, 0, 0, 0, 0, 0x21, 0];
        facts.extend(crc32(bytes).to_le_bytes());
        facts.extend([(bytes.len() as u32).to_le_bytes(), (bytes.len() as u32).to_le_bytes()].concat());
        facts.extend([name.len() as u8, 0, 0, 0]);
        directory.extend([&b"PK\x01\x02\x14\0"[..], &facts, &[0; 10], &(out.len() as u32).to_le_bytes(), name.as_bytes()].concat());
        out.extend([&b"PK\x03\x04"[..], &facts, name.as_bytes(), bytes].concat());
    }
    let (start, length, count) = (out.len() as u32, directory.len() as u32, parts.len() as u8);
    out.extend(directory);
    out.extend([&b"PK\x05\x06\0\0\0\0"[..], &[count, 0, count, 0], &length.to_le_bytes(), &start.to_le_bytes(), &[0, 0]].concat());
    out
}
