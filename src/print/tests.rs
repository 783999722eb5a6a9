//! Documents as another program reads them.

use super::*;
use crate::config::{Config, Overrides};
use std::io::Write;
use std::process::{Command, Stdio};

fn fonts() -> Fonts {
    let config = Config::load(&Overrides::default()).expect("loads");
    Fonts::load(&config.print).expect("the fonts of documents are installed: scripts/need.sh test")
}

/// What pdftotext reads, page by page; `KESHI_PRINT_SHOTS=FOLDER` keeps the file to look at.
fn read(name: &str, pdf: &[u8]) -> Vec<String> {
    if let Some(folder) = std::env::var_os("KESHI_PRINT_SHOTS") {
        std::fs::write(std::path::Path::new(&folder).join(format!("{name}.pdf")), pdf).expect("writes");
    }
    let mut child = Command::new("pdftotext")
        .args(["-layout", "-enc", "UTF-8", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("pdftotext is installed: scripts/need.sh test");
    child.stdin.take().expect("open").write_all(pdf).expect("takes it");
    let text = String::from_utf8(child.wait_with_output().expect("reads").stdout).expect("is text");
    text.split('\u{c}').filter(|page| !page.is_empty()).map(str::to_owned).collect()
}

/// Without blanks, which readers put where letters stand apart.
fn dense(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace()).collect()
}

fn letter() -> Document {
    let standards = Table {
        columns: vec![Column::left("证书类型", 3), Column::right("补贴标准（元/人）", 2)],
        rows: vec![vec!["培训合格证".to_owned(), "600.00".to_owned()], vec!["职业技能等级证".to_owned(), "900.00".to_owned()]],
        sums: None,
    };
    Document {
        title: "关于“养老护理员线上培训2020年第一期”开班申请的审核意见".to_owned(),
        number: Some("AK-2020-0001〔2020〕0303".to_owned()),
        blocks: vec![
            Block::Line("安康市高新区阳光职业培训学校：".to_owned()),
            Block::Paragraph("你单位2020年3月2日报送的开班申请（编号AK-2020-0001）收悉。依据《关于做好职业技能提升行动线上培训工作的通知》（陕人社函〔2020〕31号）第四条，经审核，同意开班。企业或培训机构应留存能够证明培训真实性的学员线上签到注册、线上培训相关视频或图片等证明资料，确保学习过程可查询、可追溯。".to_owned()),
            Block::Paragraph("所申报培训工种的补贴标准如下：".to_owned()),
            Block::Table(standards),
            Block::Signature { who: String::new(), day: "2020年3月3日".to_owned(), seal: "（印章）".to_owned() },
        ],
        footer: Some("本决定已登记入校验日志，摘要 2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881。".to_owned()),
        dated: NaiveDate::from_ymd_opt(2020, 3, 3).expect("a day"),
        ..Document::default()
    }
}

#[test]
fn a_letter_is_read_as_it_was_written_and_is_the_same_bytes_every_time() {
    let fonts = fonts();
    let pdf = to_pdf(&letter(), &fonts).expect("sets");
    assert!(pdf == to_pdf(&letter(), &fonts).expect("sets"), "the same document is the same bytes");
    assert!(pdf.len() < 200_000, "only letters that occur are in the file: {} bytes", pdf.len());
    let pages = read("letter", &pdf);
    assert_eq!(pages.len(), 1);
    let text = dense(&pages[0]);
    for part in [
        "AK-2020-0001〔2020〕0303",
        "依据《关于做好职业技能提升行动线上培训工作的通知》（陕人社函〔2020〕31号）第四条，经审核，同意开班。",
        "职业技能等级证900.00",
        "2020年3月3日",
        "第1页共1页",
        "b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
    ] {
        assert!(text.contains(&dense(part)), "{part}:\n{}", pages[0]);
    }
    for line in pages[0].lines() {
        assert!(!line.trim_start().starts_with(['、', '，', '。', '）', '》', '：', '”']), "{line}");
        assert!(!line.trim_end().ends_with(['（', '《', '〔', '“']), "{line}");
    }
}

#[test]
fn a_long_table_has_its_head_on_every_page_and_every_row_once() {
    let rows = (1..=200)
        .map(|row| vec![row.to_string(), format!("学员{row:03}"), "企业职工；线上授课，按时完成全部课程".to_owned(), "12.5".to_owned()]);
    let table = Table {
        columns: vec![Column::right("序号", 1), Column::left("姓名", 2), Column::left("说明", 3), Column::right("课时", 1)],
        rows: rows.collect(),
        sums: Some(vec![String::new(), "合计".to_owned(), String::new(), "2500".to_owned()]),
    };
    let document = Document {
        title: "学员花名册".to_owned(),
        style: Style::Record,
        blocks: vec![Block::Heading("一、学员".to_owned()), Block::Table(table)],
        dated: NaiveDate::from_ymd_opt(2020, 3, 3).expect("a day"),
        ..Document::default()
    };
    let pages = read("table", &to_pdf(&document, &fonts()).expect("sets"));
    assert!(pages.len() > 3, "{} pages", pages.len());
    let all = pages.concat();
    for (place, page) in pages.iter().enumerate() {
        let text = dense(page);
        assert!(text.contains("序号姓名说明课时"), "{page}");
        assert!(text.ends_with(&format!("第{}页共{}页", place + 1, pages.len())), "{page}");
    }
    for row in 1..=200 {
        assert_eq!(all.matches(&format!("学员{row:03}")).count() + all.matches(&format!("学员 {row:03}")).count(), 1, "row {row}");
    }
}

#[test]
fn a_letter_without_a_glyph_is_a_mark_to_look_at_and_still_the_letter_to_copy() {
    let document = Document {
        title: "姓名用字".to_owned(),
        blocks: vec![Block::Line("王\u{2ebf0}".to_owned())],
        dated: NaiveDate::from_ymd_opt(2020, 3, 3).expect("a day"),
        ..Document::default()
    };
    assert!(dense(&read("rare", &to_pdf(&document, &fonts()).expect("sets"))[0]).contains("王\u{2ebf0}"));
}

#[test]
fn a_cell_higher_than_a_page_goes_on_over_pages() {
    let table = Table { columns: vec![Column::left("内容", 1)], rows: vec![vec!["可追溯".repeat(3000)]], sums: None };
    let document = Document {
        title: "长表".to_owned(),
        style: Style::Record,
        blocks: vec![Block::Table(table)],
        dated: NaiveDate::from_ymd_opt(2020, 3, 3).expect("a day"),
        ..Document::default()
    };
    let pages = read("cell", &to_pdf(&document, &fonts()).expect("sets"));
    assert_eq!(dense(&pages.concat()).matches('溯').count(), 3000);
}

#[test]
fn fonts_that_are_not_there_are_said_with_what_to_install() {
    let mut config = Config::load(&Overrides::default()).expect("loads");
    config.print.bold = "/nowhere/font.ttc".into();
    let error = Fonts::load(&config.print).expect_err("missing");
    assert_eq!(error.code, "fonts_missing");
    assert!(error.message.contains("/nowhere/font.ttc") && error.message.contains("fonts-noto-cjk"), "{}", error.message);
}
