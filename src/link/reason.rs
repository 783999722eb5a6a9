//! Why a second is not credited: the catalogue that traces, pages and reports use.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! reasons {
    ($($(#[doc = $doc:literal])* $name:ident = $code:literal, $zh:literal, $en:literal;)*) => {
        /// Why time in a lesson window is not credited.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Reason {
            $($(#[doc = $doc])* #[serde(rename = $code)] $name,)*
        }

        impl Reason {
            /// The whole catalogue, in the order of the pages.
            pub const ALL: &[Reason] = &[$(Reason::$name),*];

            /// The stable code.
            pub fn code(self) -> &'static str {
                match self { $(Reason::$name => $code,)* }
            }

            /// A short label for Chinese readers.
            pub fn zh(self) -> &'static str {
                match self { $(Reason::$name => $zh,)* }
            }

            /// A short label for English readers.
            pub fn en(self) -> &'static str {
                match self { $(Reason::$name => $en,)* }
            }
        }
    };
}

reasons! {
    /// The policy has no rule of credit for this lesson mode.
    ModeWithoutRule = "mode_without_rule", "该授课方式暂无计时规则", "no rule of credit for this lesson mode";
    /// The lesson has no attendance log at all.
    NoLog = "no_log", "本课节没有签到日志", "no attendance log for this lesson";
    /// There are logs, and none shows the trainee in the lesson.
    NotJoined = "not_joined", "未进入课堂", "did not join";
    /// Before the trainee first came.
    JoinedLate = "joined_late", "迟到", "joined late";
    /// After the trainee last left.
    LeftEarly = "left_early", "早退", "left early";
    /// Between two stays.
    Gap = "gap", "中途离开", "gone in between";
    /// After the last sign of life of a join whose leave no log shows.
    NoLeaveSeen = "no_leave_seen", "未见退出记录，最后活动之后不计", "no leave seen, nothing known after the last sign of life";
    /// In the waiting room.
    WaitingRoom = "waiting_room", "在等候室", "in the waiting room";
    /// Marked away by the platform.
    Away = "away", "离开状态", "away";
    /// Connected, without interaction for longer than the policy's gap.
    Idle = "idle", "无操作超时", "idle longer than allowed";
    /// Present here, but the same time is credited in another lesson.
    Elsewhere = "elsewhere", "同一时间已计入其他课节", "credited in another lesson at the same time";
    /// Present, but the day's limit was reached.
    OverDailyCap = "over_daily_cap", "超过每日上限", "over the day's limit";
    /// Recorded: there, but no row says which content was watched.
    NoPosition = "no_position", "没有观看进度记录", "no record of which content was watched";
    /// Recorded: content that was credited before.
    ContentRepeated = "content_repeated", "重复观看", "watched before";
    /// Recorded: the content moved faster than allowed, by playing fast or by skipping ahead.
    TooFast = "too_fast", "快于允许倍速或跳过内容", "played faster than allowed, or skipped ahead";
    /// Recorded: the position went back in this stretch, so that what it showed is unknown.
    Rewound = "rewound", "回退进度", "went back in the content";
    /// Recorded: there, but the content did not move on.
    NotPlaying = "not_playing", "在线但未播放", "there, but not playing";
    /// Recorded: positions past the end of the content.
    BeyondContent = "beyond_content", "超出课件时长", "past the end of the content";
    /// Recorded: not watching at all.
    NotWatching = "not_watching", "未观看", "not watching";
    /// Recorded: a face check was missed, and so was whoever was to be there.
    FaceCheckMissed = "face_check_missed", "人脸核验未通过", "face check missed";
    /// A test: there, but no answer was handed in.
    NotAnswered = "not_answered", "没有作答记录", "no answer handed in";
    /// The test that the lesson or the policy demands was not passed.
    QuizNotPassed = "quiz_not_passed", "测验未通过", "test not passed";
    /// Counted for nothing because the log tears the lesson into more pieces than are kept.
    Fragmented = "fragmented", "记录过于零碎", "torn into too many pieces";
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_written_as_its_code_and_labelled_in_both_languages() {
        for &reason in Reason::ALL {
            assert_eq!(serde_json::to_value(reason).expect("JSON"), reason.code());
            assert!(!reason.en().is_empty() && reason.zh().chars().all(|c| !c.is_ascii_alphabetic()), "{reason}");
        }
        assert_eq!(Reason::ALL.len(), 23);
    }
}
