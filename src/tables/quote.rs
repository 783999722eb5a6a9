//! One row as the file has it, for people who want to see what an hour rests on.

use super::Halt;
use super::document::Item;
use super::limits::Limits;
use super::records::Cut;
use super::sheets::SHEET_ROWS;
use super::source::Source;
use crate::error::Result;
use std::fs::File;

/// What the numbers of a file's rows count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Rows of a table or a sheet; lines where the file looks like JSON.
    Rows,
    /// Lines, whatever the file looks like.
    Lines,
    /// Entries of a JSON document.
    Entries,
}

/// A row as it stands in the file: its cells, or its line or entry where the file has no cells. `None` when there is no such row, or
/// nothing in it can be shown. Blocking.
///
/// # Errors
/// As for any reading of the file: the codes of workbooks that are bombs or damaged, of documents that are damaged before the row, and of
/// files that are no table.
pub fn quote(file: File, row: u64, count: Count, limits: Limits) -> Result<Option<Vec<String>>> {
    let mut source = Source::open(file, limits)?;
    let tables = match count {
        Count::Entries => return entry(&mut source, row, limits.line_bytes),
        Count::Lines => 0,
        Count::Rows => source.probe()?.tables.len(),
    };
    if tables == 0 {
        return line(&mut source, row);
    }
    // What was read before the sheets of a workbook were told apart points to a row of whichever sheet has it.
    for within in [u64::MAX, SHEET_ROWS] {
        for table in 0..tables {
            let mut found = None;
            let ended = source.each_row(table, &mut |this| {
                let number = this.number % within;
                if number < row {
                    return Ok(());
                }
                if number == row && !this.is_blank() {
                    found = Some(this.texts());
                }
                Err(Halt::Enough)
            });
            match ended {
                Err(Halt::Failed(error)) => return Err(error),
                Ok(()) | Err(Halt::Enough) if found.is_some() => return Ok(found),
                Ok(()) | Err(Halt::Enough) => {}
            }
        }
    }
    Ok(None)
}

/// An entry as it is written, cut where it is longer than a line may be.
fn entry(source: &mut Source, row: u64, longest: usize) -> Result<Option<Vec<String>>> {
    let Some(text) = source.as_text() else { return Ok(None) };
    let mut cutter = text.document()?;
    while let Some(item) = cutter.next()? {
        let Item::Entry(entry) = item else { continue };
        if entry.number == row {
            return Ok(entry.text.map(|text| {
                let end = if text.len() > longest { "…" } else { "" };
                vec![format!("{}{end}", String::from_utf8_lossy(&text[..text.len().min(longest)]))]
            }));
        }
    }
    Ok(None)
}

fn line(source: &mut Source, row: u64) -> Result<Option<Vec<String>>> {
    let Some(text) = source.as_text() else { return Ok(None) };
    let mut found = None;
    let ended = text.each_line(&mut |piece| {
        if piece.number < row {
            return Ok(());
        }
        if let Cut::Whole(bytes) = piece.text
            && piece.number == row
        {
            found = Some(vec![String::from_utf8_lossy(bytes).trim_end().to_owned()]);
        }
        Err(Halt::Enough)
    });
    match ended {
        Err(Halt::Failed(error)) => Err(error),
        Ok(()) | Err(Halt::Enough) => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Seek, Write};

    fn quoted_as(bytes: &[u8], row: u64, count: Count) -> Option<Vec<String>> {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(bytes).expect("written");
        file.rewind().expect("rewound");
        quote(file, row, count, Limits::default()).expect("readable")
    }

    fn quoted(bytes: &[u8], row: u64) -> Option<Vec<String>> {
        quoted_as(bytes, row, Count::Rows)
    }

    #[test]
    fn an_entry_of_a_json_document_is_given_as_it_is_written() {
        let of = |text: &str, row| quoted_as(text.as_bytes(), row, Count::Entries).map(|cells| cells.join("\t"));
        let lists = "\u{feff}{\"ok\": 1, \"attendees\": [\n  {\"userid\": \"张三\"},\n  {\"userid\":\n \"b\"}]}";
        assert_eq!(of(lists, 1).as_deref(), Some("{\"userid\": \"张三\"}"));
        assert_eq!(of(lists, 2).as_deref(), Some("{\"userid\":\n \"b\"}"));
        assert_eq!(of(lists, 3), None);
        assert_eq!(of("{\"users\":{\"u1\":{\"a\":1},\"u2\":{}}}", 2).as_deref(), Some("{}"));
        let statement = "{\"actor\":{\"account\":{\"name\":\"u\"}},\"verb\":{}}";
        assert_eq!(of(statement, 1).as_deref(), Some(statement));
        let wide: Vec<u8> = lists.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(quoted_as(&wide, 1, Count::Entries), Some(vec!["{\"userid\": \"张三\"}".to_owned()]));
    }

    #[test]
    fn a_row_of_a_table_is_given_cell_by_cell() {
        let csv = "姓名,入会,离会\n\"张,三\",09:00,09:45\n李四,09:01,\n".as_bytes();
        assert_eq!(quoted(csv, 2), Some(vec!["张,三".to_owned(), "09:00".to_owned(), "09:45".to_owned()]));
        assert_eq!(quoted(csv, 9), None);
    }

    #[test]
    fn a_row_of_json_lines_is_given_as_its_line() {
        let lines = b"{\"trainee\":\"ext:1\",\"kind\":\"join\"}\r\n{\"trainee\":\"ext:2\",\"kind\":\"join\"}\n";
        assert_eq!(quoted(lines, 2), Some(vec![r#"{"trainee":"ext:2","kind":"join"}"#.to_owned()]));
        assert_eq!(quoted(lines, 1), Some(vec![r#"{"trainee":"ext:1","kind":"join"}"#.to_owned()]));
        assert_eq!(quoted(lines, 3), None);
        let broken = b"a, \"b\n{\"trainee\":\"ext:2\",\"kind\":\"join\"}\n";
        assert_eq!(quoted_as(broken, 2, Count::Lines), Some(vec![r#"{"trainee":"ext:2","kind":"join"}"#.to_owned()]));
    }

    #[test]
    fn a_row_of_a_workbook_is_found_in_the_sheet_that_has_it() {
        let mut book = rust_xlsxwriter::Workbook::new();
        book.add_worksheet().write(0, 0, "说明").expect("written");
        let sheet = book.add_worksheet();
        sheet.write(0, 0, "姓名").expect("written");
        sheet.write(4, 0, "王五").expect("written");
        let bytes = book.save_to_buffer().expect("a workbook");
        assert_eq!(quoted(&bytes, 20_000_005), Some(vec!["王五".to_owned()]));
        assert_eq!(quoted(&bytes, 5), Some(vec!["王五".to_owned()]), "as it was pointed to before sheets were told apart");
        assert_eq!((quoted(&bytes, 1), quoted(&bytes, 10_000_005)), (Some(vec!["说明".to_owned()]), None));
    }
}
