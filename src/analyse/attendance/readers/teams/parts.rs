//! The sections of a Teams report: what their headings and titles are, and in which of them a row stands.

use super::super::super::cell::Row;
use super::super::super::fold;
use super::super::super::heading::{self, Aliases, Columns};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Field {
    Name,
    Join,
    Leave,
    FirstJoin,
    LastLeave,
    Duration,
    Email,
    Upn,
    Role,
    Action,
    Timestamp,
}

/// English and Chinese as Teams writes them. French is the older list as a public reader of such files shows it; of German, only the headings
/// that a public reader of reports knows. Other languages are not known well enough: an operator's profile can name their headings.
const ALIASES: Aliases<Field> = &[
    (Field::Name, &["fullname", "name", "全名", "姓名", "名称", "名稱", "nomcomplet"]),
    (Field::Join, &["jointime", "加入时间", "加入時間", "beitrittszeit"]),
    (Field::Leave, &["leavetime", "离开时间", "離開時間", "verlassenszeit"]),
    (Field::FirstJoin, &["ersterbeitritt", "firstjoin", "firstjointime", "首次加入", "首次加入时间", "第一次加入", "首次加入時間"]),
    (
        Field::LastLeave,
        &["letztesverlassen", "lastleave", "lastleavetime", "最后离开", "上次离开", "最后离开时间", "上次離開", "最後離開", "上次離開時間"],
    ),
    (
        Field::Duration,
        &[
            "inmeetingduration",
            "duration",
            "dauerderbesprechung",
            "会议持续时间",
            "会议中持续时间",
            "会议时长",
            "持续时间",
            "會議持續時間",
            "持續時間",
        ],
    ),
    (Field::Email, &["email", "emailadresse", "电子邮件", "电子邮箱", "電子郵件"]),
    (Field::Upn, &["participantidupn", "参与者idupn", "参与者标识符upn", "參與者識別碼upn", "參與者idupn"]),
    (Field::Role, &["role", "角色"]),
    (Field::Action, &["useraction", "用户操作", "使用者動作", "actiondelutilisateur"]),
    (Field::Timestamp, &["timestamp", "时间戳", "時間戳記", "dateetheure"]),
];

/// What the summary says of the meeting.
pub(super) const MEETING: &[(&str, &str)] = &[
    ("meetingtitle", "topic"),
    ("会议标题", "topic"),
    ("會議標題", "topic"),
    ("meetingid", "meeting_id"),
    ("meetingstarttime", "stated_start"),
    ("starttime", "stated_start"),
    ("开始时间", "stated_start"),
    ("開始時間", "stated_start"),
    ("meetingendtime", "stated_end"),
    ("endtime", "stated_end"),
    ("结束时间", "stated_end"),
    ("結束時間", "stated_end"),
    ("meetingduration", "stated_length"),
    ("attendedparticipants", "stated_participants"),
    ("totalnumberofparticipants", "stated_participants"),
];

/// Titles of sections without their number, for files whose blank rows were lost.
const TITLES: [&str; 17] = [
    "summary",
    "participants",
    "inmeetingactivities",
    "摘要",
    "参与者",
    "参会者",
    "会议活动",
    "会议中的活动",
    "會議活動",
    "會議中的活動",
    "參與者",
    "總結",
    "总结",
    "meetingsummary",
    "attendees",
    // Reports whose titles alone are Spanish, as public readers of them look for.
    "participantes",
    "actividadesenlareunión",
];

/// What a row of headings announces.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Part {
    /// One row per stay.
    Activities,
    /// One row per person.
    Participants,
    /// One row per join or leave.
    Actions,
    /// People whose times are hidden.
    Hidden,
}

pub(super) fn part(columns: &Columns<Field>) -> Option<Part> {
    let all = |fields: &[Field]| fields.iter().all(|field| columns.has(*field));
    if !columns.has(Field::Name) {
        None
    } else if all(&[Field::Join, Field::Leave]) {
        Some(Part::Activities)
    } else if all(&[Field::FirstJoin, Field::LastLeave]) {
        Some(Part::Participants)
    } else if all(&[Field::Action, Field::Timestamp]) {
        Some(Part::Actions)
    } else if all(&[Field::Upn, Field::Role]) {
        Some(Part::Hidden)
    } else {
        None
    }
}

pub(super) fn columns(row: &Row<'_>) -> Option<Columns<Field>> {
    let columns = Columns::of(row, |name| heading::lookup(ALIASES, name));
    part(&columns).is_some().then_some(columns)
}

/// Where in the file a row stands.
#[derive(Default)]
pub(super) struct Place {
    /// The meeting, from 0.
    pub(super) meeting: usize,
    /// The section, with its columns; none between sections.
    pub(super) section: Option<(Part, Columns<Field>)>,
    /// Whether this meeting has had a section.
    pub(super) begun: bool,
    /// Whether it has had its participants.
    listed: bool,
    /// The last row that was not blank; a workbook does not give blank rows at all.
    last: u64,
}

/// What a row is.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Is {
    Heading,
    Data,
    Other,
}

impl Place {
    /// Goes on to the next row.
    pub(super) fn step(&mut self, row: &Row<'_>) -> Is {
        if row.is_blank() {
            return Is::Other;
        }
        let after_blank = row.number > std::mem::replace(&mut self.last, row.number) + 1;
        if row.damage.is_none() {
            if let Some(columns) = columns(row)
                && let Some(part) = part(&columns)
            {
                let list = matches!(part, Part::Participants | Part::Hidden);
                if list && self.listed {
                    self.next_meeting();
                }
                (self.begun, self.listed) = (true, self.listed || list);
                self.section = Some((part, columns));
                return Is::Heading;
            }
            if let Some((number, known)) = title(row)
                && (known || after_blank)
            {
                if number == 1 && self.begun {
                    self.next_meeting();
                }
                self.section = None;
                return Is::Other;
            }
        }
        if self.section.is_some() { Is::Data } else { Is::Other }
    }

    fn next_meeting(&mut self) {
        *self = Place { meeting: self.meeting + 1, last: self.last, ..Place::default() };
    }
}

/// The number of a section's title, `3. In-Meeting Activities`, and whether its words are known.
fn title(row: &Row<'_>) -> Option<(u32, bool)> {
    if (1..row.len()).any(|place| row.cell(place).text().is_some()) {
        return None;
    }
    let cell = row.cell(0);
    let text = cell.text()?;
    let folded = fold::fold(&text);
    let (number, words) = folded.split_once(['.', '、'])?;
    Some((number.parse().ok()?, TITLES.contains(&fold::heading(words).as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_written_as_they_are_compared() {
        heading::assert_tidy(ALIASES);
        assert!(MEETING.iter().all(|(label, _)| fold::heading(label) == *label));
        assert!(TITLES.iter().all(|title| fold::heading(title) == *title));
    }
}
