use super::*;

/// Modelled on the member export of 腾讯会议 for enterprises, 2022 to 2024: the meeting in rows 1 to 7, a blank row, headings.
const MEETING: [&[&str]; 8] = [
    &["会议主题:", "电工(中级)第3课"],
    &["会议号:", "123 456 789"],
    &["会议创建者:", "刘老师"],
    &["预定开始时间:", "2020-03-03 09:00:00"],
    &["预定结束时间:", "2020-03-03 11:00:00"],
    &["累计会议时长:", "02:05:00"],
    &["参会用户总数:", "3"],
    &[],
];

fn under_meeting<'a>(rows: &[&'a [&'a str]]) -> Vec<&'a [&'a str]> {
    MEETING.iter().copied().chain(rows.iter().copied()).collect()
}

fn overview() -> Vec<&'static [&'static str]> {
    under_meeting(&[
        &["用户昵称（入会昵称）", "首次入会时间", "最后退会时间", "入会次数", "累计参会时长", "身份"],
        &["小张（张三）", "2020-03-03 08:58:00", "2020-03-03 11:00:00", "2", "01:50:00", "普通参会者"],
        &["李四(李四)", "2020-03-03 09:00:00", "2020-03-03 11:00:00", "1", "02:00:00", "普通参会者"],
        &["王五&赵六(王五&赵六)", "2020-03-03 09:10:00", "2020-03-03 10:10:00", "1", "01:00:00", "普通参会者"],
    ])
}

fn detail() -> Vec<&'static [&'static str]> {
    under_meeting(&[
        &["序号", "用户昵称（入会昵称）", "部门", "身份", "入会时间", "退会时间", "参会时长"],
        &["1", "小张（张三）", "", "普通参会者", "2020-03-03 08:58:00", "2020-03-03 10:00:00", "01:02:00"],
        &["2", "小张（张三）", "", "普通参会者", "2020-03-03 10:10:00", "2020-03-03 11:00:00", "00:50:00"],
        &["3", "李四(李四)", "", "普通参会者", "2020-03-03 09:00:00", "--", ""],
        &["4", "王五&赵六(王五&赵六)", "", "普通参会者", "2020-03-03 09:10:00", "2020-03-03 10:10:00", "01:00:00"],
    ])
}

const DETAILED: [&str; 4] = [
    "10 interval 2020-03-03T08:58:00–2020-03-03T10:00:00 小张(张三)",
    "11 interval 2020-03-03T10:10:00–2020-03-03T11:00:00 小张(张三)",
    "12 join 2020-03-03T09:00:00 李四(李四)",
    "13 interval 2020-03-03T09:10:00–2020-03-03T10:10:00 王五&赵六(王五&赵六)",
];

#[test]
fn stays_come_from_the_details_and_totals_are_compared() {
    let book = workbook(&[("成员参会概况", &overview()), ("成员参会明细", &detail())]);
    let (reading, events) = all(&book, &lesson()).expect("readable");
    assert_eq!(told(&events), DETAILED.map(|line| format!("200000{line}")), "rows of the second sheet");
    assert!(events.iter().all(|event| event.bytes.is_none()));
    assert_eq!((reading.reader, reading.rows, reading.accepted, reading.complete), ("tencent-meeting", 4, 4, true));
    insta::assert_json_snapshot!(reading.facts, @r#"
    {
      "topic": "电工(中级)第3课",
      "meeting_id": "123 456 789",
      "stated_start": "2020-03-03 09:00:00",
      "stated_end": "2020-03-03 11:00:00",
      "stated_length": "02:05:00",
      "stated_participants": "3",
      "totals_disagree": {
        "count": 2,
        "rows": [
          {
            "row": 10,
            "stated_s": 6600,
            "found_s": 6720
          },
          {
            "row": 11,
            "stated_s": 7200,
            "found_s": 0
          }
        ]
      },
      "several_people_on_one_login": {
        "count": 1,
        "rows": [
          20000013
        ]
      }
    }
    "#);
}

#[test]
fn the_order_of_sheets_and_columns_does_not_matter() {
    let moved = under_meeting(&[
        &["退会时间", "身份", "入会时间", "用户昵称(入会昵称)"],
        &["2020-03-03 10:00:00", "普通参会者", "2020-03-03 08:58:00", "小张（张三）"],
    ]);
    let book = workbook(&[("成员参会明细", &moved), ("成员参会概况", &overview())]);
    let (_, events) = all(&book, &lesson()).expect("readable");
    assert_eq!(told(&events), ["10 interval 2020-03-03T08:58:00–2020-03-03T10:00:00 小张(张三)"]);
}

/// Modelled on older exports: one sheet, no meeting above.
#[test]
fn an_overview_alone_gives_the_stays_that_can_only_be_one() {
    let book = workbook(&[("sheet1", &overview()[8..])]);
    let (reading, events) = all(&book, &lesson()).expect("readable");
    assert_eq!(
        told(&events),
        [
            "2 total 2020-03-03T08:58:00–2020-03-03T11:00:00 小张(张三) 6600 s stated",
            "3 interval 2020-03-03T09:00:00–2020-03-03T11:00:00 李四(李四)",
            "4 interval 2020-03-03T09:10:00–2020-03-03T10:10:00 王五&赵六(王五&赵六)"
        ]
    );
    assert_eq!((reading.refused_total, &reading.facts["stated_without_times"]), (0, &serde_json::json!(1)));
}

/// Modelled on the webinar export, whose detail sheet has another name.
#[test]
fn a_webinar_is_read_from_its_viewing_details() {
    let rows = under_meeting(&[
        &["用户昵称（入会昵称）", "手机号", "开始观看时间", "结束观看时间", "观看时长", "终端"],
        &["张三（张三）", "13800138001", "2020-03-03 09:00:00", "2020-03-03 10:00:00", "60分钟", "手机"],
    ]);
    let book = workbook(&[("成员参会概况", &overview()), ("成员观看明细", &rows)]);
    let (_, events) = all(&book, &lesson()).expect("readable");
    assert_eq!(told(&events), ["20000010 interval 2020-03-03T09:00:00–2020-03-03T10:00:00 phone 13800138001 张三(张三) client 手机"]);
}

#[test]
fn several_detail_sheets_keep_their_rows_apart() {
    let day = |date: &'static str| -> Vec<Vec<String>> {
        vec![
            ["用户昵称（入会昵称）", "入会时间", "退会时间"].map(String::from).to_vec(),
            vec!["张三".into(), format!("{date} 09:00:00"), format!("{date} 10:00:00")],
        ]
    };
    let days = [day("2020-03-03"), day("2020-03-04")];
    let texts: Vec<Vec<Vec<&str>>> =
        days.iter().map(|day| day.iter().map(|row| row.iter().map(String::as_str).collect()).collect()).collect();
    let rows: Vec<Vec<&[&str]>> = texts.iter().map(|day| day.iter().map(Vec::as_slice).collect()).collect();
    let book = workbook(&[("3日", &rows[0]), ("4日", &rows[1])]);
    let (_, events) = all(&book, &hints()).expect("readable");
    assert_eq!(
        told(&events),
        ["2 interval 2020-03-03T09:00:00–2020-03-03T10:00:00 张三", "20000002 interval 2020-03-04T09:00:00–2020-03-04T10:00:00 张三"]
    );
}

#[test]
fn dates_of_the_spreadsheet_and_merged_names_are_read() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("成员参会明细").expect("a name");
    for (column, heading) in ["用户昵称（入会昵称）", "入会时间", "退会时间"].into_iter().enumerate() {
        sheet.write_string(2, column as u16, heading).expect("written");
    }
    sheet.merge_range(3, 0, 4, 0, "张三", &Format::new()).expect("merged");
    for (row, from, until) in [(3, 43_893.375, 43_893.4), (4, 43_893.416_666_666_67, 43_893.458_333_333_34)] {
        sheet.write_number_with_format(row, 1, from, &date_format()).expect("written");
        sheet.write_number_with_format(row, 2, until, &date_format()).expect("written");
    }
    let (_, events) = all(&book.save_to_buffer().expect("saved"), &hints()).expect("readable");
    assert_eq!(
        told(&events),
        ["4 interval 2020-03-03T09:00:00–2020-03-03T09:36:00 张三", "5 interval 2020-03-03T10:00:00–2020-03-03T11:00:00 张三"]
    );
}

#[test]
fn a_csv_saved_from_the_workbook_is_the_same_log() {
    let csv = detail().iter().map(|row| row.join(",")).collect::<Vec<_>>().join("\r\n");
    for bytes in [csv.as_bytes().to_vec(), format!("\u{feff}{csv}").into_bytes(), encoding_rs::GB18030.encode(&csv).0.into_owned()] {
        let (reading, events) = all(&bytes, &lesson()).expect("readable");
        assert_eq!(reading.reader, "tencent-meeting");
        assert_eq!(told(&events), DETAILED);
    }
}

#[test]
fn a_meeting_titled_by_its_owners_name_keeps_no_topic() {
    let mut rows = detail();
    rows[0] = &["会议主题：刘老师预定的会议"];
    let (reading, _) = all(&workbook(&[("成员参会明细", &rows)]), &lesson()).expect("readable");
    assert!(!reading.facts.contains_key("topic"));
    assert!(!serde_json::to_string(&reading.facts).expect("json").contains("刘老师"));
}

#[test]
fn a_name_in_two_columns_is_one_nickname() {
    let rows: [&[&str]; 2] = [
        &["用户昵称", "入会昵称", "首次入会时间", "入会时间", "退会时间"],
        &["小张", "张三", "", "2020-03-03 09:00:00", "2020-03-03 10:00:00"],
    ];
    let (_, events) = all(&workbook(&[("成员参会明细", &rows)]), &hints()).expect("readable");
    assert_eq!(events[0].who.name.as_deref(), Some("小张(张三)"));
}
