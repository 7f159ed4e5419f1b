//! The smallest Excel workbook, made by hand: parts of XML in a ZIP file that packs nothing.

use std::fmt::Write as _;

#[derive(Clone)]
pub(super) enum Value {
    Empty,
    Text(String),
    Number(&'static str),
    /// Days since the end of 1899, in a cell that shows a date.
    Date(&'static str),
    Flag(bool),
}

impl Value {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

pub(super) fn workbook(rows: &[Vec<Value>]) -> Vec<u8> {
    let mut data = String::new();
    for (row, cells) in (1..).zip(rows) {
        write!(data, "<row r=\"{row}\">").unwrap();
        for (column, value) in ('A'..).zip(cells) {
            let place = format!("{column}{row}");
            match value {
                Value::Empty => write!(data, "<c r=\"{place}\"/>"),
                Value::Text(text) => {
                    write!(data, "<c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
                }
                Value::Number(number) => write!(data, "<c r=\"{place}\"><v>{number}</v></c>"),
                Value::Date(number) => write!(data, "<c r=\"{place}\" s=\"1\"><v>{number}</v></c>"),
                Value::Flag(flag) => {
                    let flag = u8::from(*flag);
                    write!(data, "<c r=\"{place}\" t=\"b\"><v>{flag}</v></c>")
                }
            }
            .unwrap();
        }
        data.push_str("</row>");
    }
    of_sheet_data(&data)
}

pub(super) fn of_sheet_data(data: &str) -> Vec<u8> {
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const LINKS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
    let link = |id: &str, kind: &str, to: &str| {
        format!("<Relationship Id=\"{id}\" Type=\"{LINKS}/{kind}\" Target=\"{to}\"/>")
    };
    let links = |all: &str| {
        format!("<Relationships xmlns=\"{PACKAGE}/relationships\">{all}</Relationships>")
    };
    let book = format!(
        "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{LINKS}\"><sheets>\
         <sheet name=\"Figures\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
    );
    let styles = format!(
        "<styleSheet xmlns=\"{MAIN}\"><cellXfs count=\"2\"><xf numFmtId=\"0\"/>\
         <xf numFmtId=\"14\" applyNumberFormat=\"1\"/></cellXfs></styleSheet>"
    );
    let sheet = format!("<worksheet xmlns=\"{MAIN}\"><sheetData>{data}</sheetData></worksheet>");
    let inner =
        [link("rId1", "worksheet", "worksheets/sheet1.xml"), link("rId2", "styles", "styles.xml")];
    zip(&[
        ("[Content_Types].xml", format!("<Types xmlns=\"{PACKAGE}/content-types\"/>")),
        ("_rels/.rels", links(&link("rId1", "officeDocument", "xl/workbook.xml"))),
        ("xl/workbook.xml", book),
        ("xl/_rels/workbook.xml.rels", links(&inner.concat())),
        ("xl/styles.xml", styles),
        ("xl/worksheets/sheet1.xml", sheet),
    ])
}

/// CRC-32 as ZIP has it.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

fn zip(files: &[(&str, String)]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for (name, text) in files {
        let offset = u32::try_from(out.len()).unwrap();
        let size = u32::try_from(text.len()).unwrap();
        let name_size = u16::try_from(name.len()).unwrap();
        // Version, flags, method 0 (stored), time and date.
        let mut shared = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0x5A];
        for number in [crc32(text.as_bytes()), size, size] {
            shared.extend(number.to_le_bytes());
        }
        shared.extend(name_size.to_le_bytes());
        shared.extend([0, 0]);
        out.extend(b"PK\x03\x04");
        out.extend(&shared);
        out.extend(name.as_bytes());
        out.extend(text.as_bytes());
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&shared);
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (start, size) =
        (u32::try_from(out.len()).unwrap(), u32::try_from(directory.len()).unwrap());
    let count = u16::try_from(files.len()).unwrap();
    out.extend(directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend(size.to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}
