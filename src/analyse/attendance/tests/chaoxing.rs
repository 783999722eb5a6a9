use super::*;

/// Modelled on the course statistics that teachers of 超星学习通 download: two rows of preamble, headings in the third, minutes without times.
#[test]
fn minutes_of_a_course_are_stated_and_credit_nothing() {
    let book = workbook(&[(
        "学生学习情况",
        &[
            &["课程名称：电工基础"],
            &["导出时间：2020-03-20 10:00"],
            &["学号/工号", "学生姓名", "任务完成数", "任务点完成百分比", "视频观看时长", "讨论数", "章节学习次数"],
            &["S1", "张三", "12/20", "60%", "315.5", "3", "44"],
            &["S2", "李四", "0/20", "0%", "0", "0", "0"],
            &["", "", "1/20", "5%", "9", "0", "0"],
            &["S3", "王五", "1/20", "5%", "", "0", "0"],
        ],
    )]);
    let (reading, events) = all(&book, &lesson()).expect("readable");
    assert_eq!(reading.reader, "chaoxing");
    assert_eq!(
        told(&events),
        [
            "4 total 2020-03-03T09:00:00–2020-03-03T11:00:00 ext:S1 张三 18930 s stated video",
            "5 total 2020-03-03T09:00:00–2020-03-03T11:00:00 ext:S2 李四 0 s stated video",
        ]
    );
    assert_eq!(
        reading.refused.iter().map(|row| (row.row, row.code.as_str())).collect::<Vec<_>>(),
        [(6, "no_person"), (7, "missing_value")]
    );
    assert!(reading.assumptions.contains(&"Bare numbers of 视频观看时长 are read as minutes.".to_owned()), "{:?}", reading.assumptions);
}
