//! 一（三）: which trades may be trained.

use super::{Case, Remark};
use crate::register::lists::Standing;
use crate::register::provider::ProviderKind;
use crate::register::roster::Category;

const CLAUSE: &str = "31号 一（三）";

pub(super) fn check(case: &Case<'_>) -> Vec<Remark> {
    let name = &case.class.trade.name;
    let words = case.policy.eligibility.entrepreneurship_words.as_ref();
    if words.is_some_and(|words| words.value.iter().any(|word| name.contains(word.as_str()))) {
        return Vec::new();
    }
    match (case.epidemic && employees_alone(case), major(&case.class.trade.code)) {
        (true, Some(major)) if case.policy.eligibility.occupation_classes.value.contains(&major) => Vec::new(),
        // In the epidemic employees may be trained outside the list, in these classes of occupations.
        (true, _) if !on_list(case) => vec![outside_classes(case)],
        (true, _) => Vec::new(),
        (false, _) => by_list(case),
    }
}

/// The major class (大类) of a code of the 2015 classification, such as 6 of `6-29-03-07`.
fn major(code: &str) -> Option<i64> {
    let code = code.trim();
    let plain = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let first = code.chars().next().filter(|_| plain)?.to_digit(10)?;
    (1..=8).contains(&first).then_some(first.into())
}

/// Whether the class is one of employees, as its roster says, or, while there is none, its provider.
fn employees_alone(case: &Case<'_>) -> bool {
    match case.facts.roster.is_empty() {
        true => case.facts.provider.kind == ProviderKind::Enterprise,
        false => case.facts.roster.iter().all(|trainee| trainee.category == Category::Employee),
    }
}

fn on_list(case: &Case<'_>) -> bool {
    let trade = &case.class.trade;
    case.lists.trades.as_ref().is_some_and(|list| matches!(list.on(&trade.code, case.class.starts_on), Standing::Listed(_)))
}

fn outside_classes(case: &Case<'_>) -> Remark {
    let classes: Vec<String> = case.policy.eligibility.occupation_classes.value.iter().map(i64::to_string).collect();
    let code = &case.class.trade.code;
    Remark::must(
        "trade_class",
        CLAUSE,
        format!(
            "疫情期间企业职工线上培训的工种应属于《中华人民共和国职业分类大典》（2015版）第{}大类，“{code}”不属于。请填写大典中的职业编码（如6-29-03-07），或改报培训工种目录清单内的工种。",
            classes.join("、")
        ),
        format!(
            "In the epidemic employees are trained in trades of class {} of the 2015 occupational classification; '{code}' is none. Give the code of the classification (such as 6-29-03-07), or a trade that is on the list.",
            classes.join(", ")
        ),
    )
}

fn by_list(case: &Case<'_>) -> Vec<Remark> {
    let (trade, day) = (&case.class.trade, case.class.starts_on);
    let Some(list) = &case.lists.trades else {
        return vec![Remark::note(
            "trade_list_missing",
            CLAUSE,
            format!(
                "未加载培训工种目录清单，无法核对“{} {}”是否在清单内。请把清单存为政策文件夹中的 trades-*.csv（编码,名称,生效日期,失效日期）。",
                trade.code, trade.name
            ),
            format!(
                "No list of trades is loaded, so nobody can tell whether '{} {}' is on it. Put the list into the policy folder as trades-*.csv (code,name,from,until).",
                trade.code, trade.name
            ),
        )];
    };
    match list.on(&trade.code, day) {
        Standing::Listed(entry) if entry.name.trim() == trade.name.trim() => Vec::new(),
        Standing::Listed(entry) => vec![Remark::note(
            "trade_name",
            CLAUSE,
            format!("培训工种目录清单中{}的名称是“{}”，申请写的是“{}”。请核对。", trade.code, entry.name, trade.name),
            format!("The list of trades calls {} '{}', the application '{}'. See which is meant.", trade.code, entry.name, trade.name),
        )],
        Standing::AnotherTime(entry) => {
            let span = format!("{} – {}", shown(entry.from), shown(entry.until));
            vec![Remark::must(
                "trade_not_listed",
                CLAUSE,
                format!("工种{}在开班首日{day}不在培训工种目录清单内（列入时间 {span}）。请改报清单内的工种。", trade.code),
                format!(
                    "The trade {} is not on the list on {day}, the first day (it is listed {span}). Apply for one that is.",
                    trade.code
                ),
            )]
        }
        Standing::Absent => vec![Remark::must(
            "trade_not_listed",
            CLAUSE,
            format!("工种{}不在培训工种目录清单内。请改报清单内的工种，或核对编码。", trade.code),
            format!("The trade {} is not on the list of trades. Apply for one that is, or see whether the code is right.", trade.code),
        )],
    }
}

fn shown(day: Option<chrono::NaiveDate>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_class_is_the_first_digit_of_a_code() {
        assert_eq!([major("6-29-03-07"), major(" 4-14-01-02"), major("5010203")], [Some(6), Some(4), Some(5)]);
        assert_eq!([major(""), major("电工"), major("9-01-01-01"), major("-6")], [None; 4]);
    }
}
