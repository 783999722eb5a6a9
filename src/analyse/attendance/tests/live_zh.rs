use super::*;

const GAPS: &str = "totals_only: the row states the first coming and the last going, and no total that fills the time between, so that nobody can tell the stays from the gaps; export the records of each coming and going (进出记录) as well";
const ZONE: &str = "The file does not say its time zone; its times are read as Asia/Shanghai, the zone of the platform's profile.";

/// Modelled on the workbook a live platform exports for one live lesson; headings as public scripts that read it name them.
#[test]
fn first_coming_to_last_going_is_claimed_only_without_gaps() {
    let rows: [&[&str]; 8] = [
        &["用户ID", "用户昵称", "区域", "ip", "首次观看直播时间", "最近观看直播时间", "最后离开直播时间", "直播观看时长"],
        &["u1", "张三", "陕西", "1.2.3.4", "2020-03-03 09:00:00", "2020-03-03 09:00:00", "2020-03-03 11:00:00", "2小时0分0秒"],
        &["u2", "李四", "", "", "2020-03-03 09:00:00", "2020-03-03 10:00:00", "2020-03-03 11:00:00", "1小时20分"],
        &["u3", "王五", "", "", "2020-03-03 09:00:00", "2020-03-03 10:00:00", "2020-03-03 11:00:00", "0:30:00"],
        &["u4", "赵六", "", "", "2020-03-03 09:00:00", "", "2020-03-03 11:00:00", "1:30:00"],
        &["u5", "孙七", "", "", "2020-03-03 09:00:00", "2020-03-03 09:00:00", "2020-03-03 11:00:00", "120"],
        &["u6", "周八", "", "", "2020-03-03 09:00:00", "2020-03-03 09:00:00", "--", "0:30:00"],
        &["u7", "吴九", "", "", "2020-03-03 09:00:00", "2020-03-03 11:30:00", "2020-03-03 11:00:00", "2:00:00"],
    ];
    let (reading, events) = all(&workbook(&[("直播用户", &rows)]), &lesson()).expect("readable");
    assert_eq!(
        told(&events),
        [
            "2 interval 2020-03-03T09:00:00–2020-03-03T11:00:00 user u1 张三 ip 1.2.3.4 region 陕西",
            "3 interval 2020-03-03T10:00:00–2020-03-03T11:00:00 user u2 李四",
        ]
    );
    assert_eq!(
        refused(&reading.refused),
        [
            format!("4 {GAPS}"),
            format!("5 {GAPS}"),
            "6 bad_value: 直播观看时长 is a number without a unit; write a length such as 1:02:03 or 62分钟, or name the unit in the heading"
                .to_owned(),
            "7 missing_value: 最后离开直播时间 is empty; write the time of the last going, or export the records of each coming and going"
                .to_owned(),
            "8 leave_before_join: the end lies before the beginning; correct one of the two times".to_owned(),
        ]
    );
    assert_eq!(
        reading.assumptions,
        [
            ZONE,
            "Rows whose stated total fills the time from first coming to last going are read as one stay.",
            "Rows whose stated total leaves a gap between first coming and last going are read as their last stay, from the latest coming on; stays before it have no end in the file.",
        ]
    );
    insta::assert_json_snapshot!(reading.facts, @r#"
    {
      "totals_disagree": {
        "count": 3,
        "rows": [
          {
            "row": 3,
            "stated_s": 4800,
            "found_s": 3600
          },
          {
            "row": 4,
            "stated_s": 1800,
            "found_s": 7200
          },
          {
            "row": 5,
            "stated_s": 5400,
            "found_s": 7200
          }
        ]
      },
      "refused": {
        "totals_only": 2,
        "bad_value": 1,
        "missing_value": 1,
        "leave_before_join": 1
      }
    }
    "#);
    assert_eq!((reading.reader, reading.rows, reading.accepted, reading.complete), ("live-zh", 7, 2, true));
}

/// Modelled on the export of a live room with one row per person, how often they watched and for how many seconds.
#[test]
fn who_came_once_has_one_stay() {
    let log = "直播ID,用户ID,用户姓名,观看次数,观看时长（秒）,入会时间,退会时间\n\
               L1,u1,张三,1,3000,2020-03-03 09:00:00,2020-03-03 10:00:00\n\
               L1,u2,李四,2,3600,2020-03-03 09:00:00,2020-03-03 10:00:00\n\
               L1,u3,王五,3,1200,2020-03-03 09:00:00,2020-03-03 10:00:00\n\
               L1,u4,赵六,1,,２０２０－０３－０３　０９：００：００,\n";
    let (reading, events) = all(&encoding_rs::GB18030.encode(log).0, &lesson()).expect("readable");
    assert_eq!(
        told(&events),
        [
            "2 interval 2020-03-03T09:00:00–2020-03-03T10:00:00 user u1 张三",
            "3 interval 2020-03-03T09:00:00–2020-03-03T10:00:00 user u2 李四",
            "5 join 2020-03-03T09:00:00 user u4 赵六",
        ]
    );
    assert_eq!(refused(&reading.refused), [format!("4 {GAPS}")]);
    assert_eq!(
        reading.assumptions,
        [
            "The file does not say its encoding; its text is read as gb18030.",
            ZONE,
            "Rows whose stated total fills the time from first coming to last going are read as one stay.",
        ]
    );
    assert_eq!(
        serde_json::Value::from(reading.facts),
        serde_json::json!({
            "totals_disagree": {
                "count": 2,
                "rows": [{"row": 2, "stated_s": 3_000, "found_s": 3_600}, {"row": 4, "stated_s": 1_200, "found_s": 3_600}],
            },
            "refused": {"totals_only": 1},
        })
    );
    assert_eq!((reading.reader, reading.rows, reading.accepted), ("live-zh", 4, 3));
}

/// Modelled on the sign-in list of a course system, a title above and names merged over a person's rows.
#[test]
fn signing_in_and_out_of_a_course_is_a_stay() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.merge_range(0, 0, 0, 8, "学习记录", &Format::new()).expect("merged");
    let headings = ["姓名", "身份证号", "手机号", "课程名称", "签到时间", "签退时间", "学习时长", "IP", "设备"];
    for (column, heading) in headings.into_iter().enumerate() {
        sheet.write_string(1, column as u16, heading).expect("written");
    }
    sheet.merge_range(2, 0, 3, 0, "张三", &Format::new()).expect("merged");
    for (row, id, times, total) in [
        (2, Some("610103199001011234"), ["2020-03-03 09:00:00", "2020-03-03 10:00:00"], "40分钟"),
        (3, None, ["2020-03-03 10:00:00", "2020-03-03 11:00:00"], "60"),
    ] {
        match id {
            Some(id) => sheet.write_string(row, 1, id).expect("written"),
            None => sheet.write_number(row, 1, 610_103_199_001_011_234.0).expect("written"),
        };
        sheet.write_number(row, 2, 13_800_138_000.0).expect("written");
        let texts = [(3, "电工"), (4, times[0]), (5, times[1]), (6, total), (7, "1.2.3.4"), (8, "手机")];
        for (column, text) in texts {
            sheet.write_string(row, column, text).expect("written");
        }
    }
    let (reading, events) = all(&book.save_to_buffer().expect("saved"), &lesson()).expect("readable");
    assert_eq!(
        told(&events),
        [
            "3 interval 2020-03-03T09:00:00–2020-03-03T10:00:00 phone 13800138000 id 610103199001011234 张三 ip 1.2.3.4 device 手机",
            "4 interval 2020-03-03T10:00:00–2020-03-03T11:00:00 phone 13800138000 张三 ip 1.2.3.4 device 手机",
        ]
    );
    assert_eq!(
        reading.assumptions,
        [
            ZONE,
            "Rows are read as one stay from signing in to signing out; a stated total that differs is kept as a fact.",
            "ID numbers that the spreadsheet holds as numbers have lost digits and were left out; format the column as text.",
        ]
    );
    assert_eq!(
        serde_json::Value::from(reading.facts),
        serde_json::json!({"totals_disagree": {"count": 1, "rows": [{"row": 3, "stated_s": 2_400, "found_s": 3_600}]}})
    );
    assert_eq!((reading.reader, reading.rows, reading.refused_total), ("live-zh", 2, 0));
}

/// Modelled on the list of people that the same live platform exports beside the viewing records.
#[test]
fn a_list_of_people_says_what_to_export_instead() {
    let log = "真实姓名,联系号码,用户状态,IP,地区\n张三,13800138000,正常,1.2.3.4,陕西\n";
    let error = all(log.as_bytes(), &lesson()).expect_err("no times");
    assert_eq!(error.code, "unreadable_log");
    assert_eq!(
        refused(&error.rows),
        ["2 missing_value: the row has no times; export the viewing records with 首次观看直播时间, 最后离开直播时间 and 直播观看时长"]
    );
}

/// The same columns of the people beside the viewing times are the people.
#[test]
fn a_nickname_and_a_real_name_are_one_person() {
    let log = "用户昵称,真实姓名,联系号码,用户状态,IP,地区,首次观看直播时间,最后离开直播时间,直播观看时长\n\
               小张,张三,13800138000,正常,1.2.3.4,陕西,2020-03-03 09:00:00,2020-03-03 10:00:00,60分钟\n";
    let (_, events) = all(log.as_bytes(), &lesson()).expect("readable");
    assert_eq!(told(&events), ["2 interval 2020-03-03T09:00:00–2020-03-03T10:00:00 phone 13800138000 小张(张三) ip 1.2.3.4 region 陕西"]);
}

/// Modelled on a course system's list with more columns about the person than the usual ones.
#[test]
fn every_column_that_tells_who_it_is_is_kept() {
    let log = "学号,姓名,邮箱,课程名称,签到时间,签退时间,学习时长(分钟),终端,设备号,所在地\n\
               T1,张三,zhang@example.com,电工,2020-03-03 09:00:00,2020-03-03 10:00:00,60,手机,d1,西安\n";
    let (reading, events) = all(log.as_bytes(), &lesson()).expect("readable");
    assert_eq!(
        told(&events),
        ["2 interval 2020-03-03T09:00:00–2020-03-03T10:00:00 ext:T1 zhang@example.com 张三 device d1 client 手机 region 西安"]
    );
    assert_eq!((reading.reader, reading.facts.len(), reading.refused_total), ("live-zh", 0, 0));
}

#[test]
fn several_sheets_of_lessons_keep_their_rows_apart() {
    let headings: &[&str] = &["用户ID", "首次观看直播时间", "最后离开直播时间", "直播观看时长"];
    let third: [&[&str]; 2] = [headings, &["u1", "2020-03-03 09:00:00", "2020-03-03 10:00:00", "1:00:00"]];
    let fourth: [&[&str]; 2] = [headings, &["u1", "2020-03-04 09:00:00", "2020-03-04 10:00:00", "1:00:00"]];
    let (_, events) = all(&workbook(&[("3日", &third), ("4日", &fourth)]), &hints()).expect("readable");
    assert_eq!(
        told(&events),
        ["2 interval 2020-03-03T09:00:00–2020-03-03T10:00:00 user u1", "20000002 interval 2020-03-04T09:00:00–2020-03-04T10:00:00 user u1",]
    );
}
