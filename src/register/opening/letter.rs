//! The written decision (notice, 四: 书面通知是否同意开班，并明确所申报培训工种的补贴标准), in Chinese, as an office files it.

use super::decision::Decided;
use crate::print::{Block, Column, Document, Language, Style, Table};
use crate::register::class::{Application, Class, Decision, HoursMilli};
use chrono::{Datelike, NaiveDate};

/// What a letter is made of.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    /// The class, as it was decided on.
    pub class: &'a Class,
    /// The decision.
    pub decided: &'a Decided,
    /// The platform's Chinese name.
    pub platform: &'a str,
    /// What the policy calls the notice.
    pub notice: &'a str,
    /// Percent by which the policy multiplies the online part of the standard.
    pub percent: i64,
    /// The day the application was filed.
    pub filed_on: NaiveDate,
    /// The day of the decision.
    pub decided_on: NaiveDate,
    /// Working days in which it is due.
    pub days: i64,
    /// Must-be-corrected remarks that the decision was taken with, in Chinese.
    pub remarks: &'a [String],
    /// How anybody checks it: the log, the place in it, the leaf's hash.
    pub seal: Seal<'a>,
}

/// Where a decision is in the log.
#[derive(Clone, Copy, Debug)]
pub struct Seal<'a> {
    /// The log's name.
    pub origin: &'a str,
    /// The place.
    pub index: u64,
    /// Hash of the leaf, in hexadecimal.
    pub leaf: &'a str,
}

/// `2020年3月3日`.
fn day(day: NaiveDate) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

/// Fen as yuan with two decimals.
fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

/// Thousandths of a lesson hour as a decimal.
fn hours(hours: HoursMilli) -> String {
    let text = format!("{}.{:03}", hours.0 / 1000, hours.0 % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl Letter<'_> {
    /// The number it is filed under: the application's own, the year, the how many-th decision on it.
    pub fn number(&self) -> String {
        format!("{}〔{}〕第{}号", self.class.external_id, self.decided_on.year(), self.decided.place)
    }

    /// It as a document.
    pub fn document(&self) -> Document {
        let title = match self.decided.decision {
            Decision::Approve => format!("关于同意“{}”开班的通知", self.class.title),
            Decision::Return => format!("关于退回“{}”开班申请的通知", self.class.title),
            Decision::Refuse => format!("关于不予同意“{}”开班的通知", self.class.title),
        };
        let mut blocks = vec![Block::Line(format!("{}：", self.class.provider_name)), Block::Paragraph(self.opening())];
        blocks.push(Block::Facts(self.plan()));
        match self.decided.decision {
            Decision::Approve => self.approved(&mut blocks),
            Decision::Return => self.returned(&mut blocks),
            Decision::Refuse => blocks.push(Block::Paragraph(format!("不予同意的理由：{}", self.reason()))),
        }
        blocks.push(Block::Paragraph(self.deadline()));
        blocks.push(Block::Signature { who: String::new(), day: day(self.decided_on), seal: "（印章）".to_owned() });
        Document {
            title,
            number: Some(self.number()),
            blocks,
            footer: Some(self.how_to_verify()),
            language: Language::Zh,
            style: Style::Letter,
            dated: self.decided_on,
        }
    }

    fn opening(&self) -> String {
        let word = match self.decided.decision {
            Decision::Approve => "同意开班",
            Decision::Return => "退回补正",
            Decision::Refuse => "不予同意开班",
        };
        format!(
            "你单位{}上报的开班申请（编号{}）收悉。依据{}第四条，经审核，决定：{word}。",
            day(self.filed_on),
            self.class.external_id,
            self.notice
        )
    }

    /// What was applied for.
    fn plan(&self) -> Vec<(String, String)> {
        let class = self.class;
        let kind = match class.application {
            Application::Full => "培训前申请，附完整培训方案".to_owned(),
            Application::RemainingTheory => "已开班班次的剩余理论课程".to_owned(),
            Application::PromiseFirst => {
                format!("承诺先行开班，{}前补报完整培训方案", class.promise_due.map_or_else(|| "承诺时限".to_owned(), day))
            }
        };
        let share = if class.hours.total.0 > 0 { class.hours.online.0 * 1000 / class.hours.total.0 } else { 0 };
        [
            ("培训班次", class.title.clone()),
            ("培训工种", format!("{}（{}）", class.trade.name, class.trade.code)),
            ("申请类别", kind),
            ("培训平台", self.platform.to_owned()),
            ("培训时间", format!("{}至{}", day(class.starts_on), day(class.ends_on))),
            (
                "培训课时",
                format!("共{}课时，其中线上{}课时，占{}.{}%", hours(class.hours.total), hours(class.hours.online), share / 10, share % 10),
            ),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    fn approved(&self, blocks: &mut Vec<Block>) {
        let standards = self.decided.standards_fen.unwrap_or_default();
        let named = standards.named();
        if named.is_empty() {
            blocks.push(Block::Paragraph("本决定未列明补贴标准，由审核部门另行书面明确。".to_owned()));
        } else {
            blocks.push(Block::Paragraph("所申报培训工种的现行补贴标准如下：".to_owned()));
            let rows = named.into_iter().map(|(word, fen)| vec![certificate(word).to_owned(), yuan(fen)]);
            let columns = vec![Column::left("取得的证书", 3), Column::right("现行补贴标准（元／人）", 2)];
            blocks.push(Block::Table(Table { columns, rows: rows.collect(), sums: None }));
            let when = if self.class.epidemic { "疫情期间" } else { "疫情结束后" };
            let times = if self.percent == 100 { String::new() } else { format!("×{}%", self.percent) };
            let rate = format!("线上培训补贴标准按{when}的公式确定，即现行补贴标准×线上培训课时／培训总课时{times}");
            blocks.push(Block::Paragraph(format!("{rate}；最终标准在全部培训结束后根据参训人员取得的证书类型确定（第五条）。")));
        }
        if let (Application::PromiseFirst, Some(due)) = (self.class.application, self.class.promise_due) {
            blocks.push(Block::Paragraph(format!("请按承诺于{}前补报完整培训方案。", day(due))));
        }
        blocks.push(Block::Paragraph(
            "请按培训方案组织培训，留存学员线上签到注册、线上培训相关视频或图片等证明资料，确保学习过程可查询、可追溯（第三条）。"
                .to_owned(),
        ));
        if !self.reason().is_empty() {
            blocks.push(Block::Paragraph(format!("说明：{}", self.reason())));
        }
    }

    fn returned(&self, blocks: &mut Vec<Block>) {
        blocks.push(Block::Paragraph(format!("退回的理由：{}", self.reason())));
        if !self.remarks.is_empty() {
            blocks.push(Block::Paragraph("审核时应补正的事项：".to_owned()));
            let numbered = self.remarks.iter().enumerate();
            blocks.extend(numbered.map(|(place, remark)| Block::Paragraph(format!("{}. {remark}", place + 1))));
        }
        blocks.push(Block::Paragraph(format!("请补正后以同一编号（{}）重新上报。", self.class.external_id)));
    }

    fn reason(&self) -> &str {
        self.decided.reason.as_deref().unwrap_or_default()
    }

    /// When it was due, whether it was in time, and how sure that is.
    fn deadline(&self) -> String {
        let met = if self.decided.late { "已超过时限" } else { "在时限之内" };
        let sure = if self.decided.due_certain {
            ""
        } else {
            "（该期间的法定节假日安排尚未掌握，按周一至周五为工作日计算）"
        };
        format!(
            "本申请应于{}个工作日内完成审核，即不迟于{}{sure}；本决定于{}作出，{met}。",
            self.days,
            day(self.decided.due_on),
            day(self.decided_on)
        )
    }

    fn how_to_verify(&self) -> String {
        let Seal { origin, index, leaf } = self.seal;
        format!(
            "本决定已写入防篡改日志 {origin} 第 {index} 号，记录摘要（SHA-256）{leaf}；凭该号和摘要可在日志中核对本决定的内容、时间和作出人，核对方法见 keshi verify --help。"
        )
    }
}

/// 培训合格证 and the others, by their words.
fn certificate(word: &str) -> &'static str {
    match word {
        "qualified" => "培训合格证",
        "skill_level" => "职业技能等级证",
        "vocational" => "职业资格证",
        _ => "特种作业操作证",
    }
}
