//! 一（一） and 六（五）: whether the people on the roster are who they are said to be, once each.

use super::{Case, OnRoster, Remark, Row};
use crate::ids::PersonId;
use std::collections::BTreeMap;

const WHO: &str = "31号 一（一）";
const TRUE: &str = "31号 六（五）";

pub(super) fn check(case: &Case<'_>) -> Vec<Remark> {
    [twice(case), numbers(case), elsewhere(case)].into_iter().flatten().collect()
}

fn twice(case: &Case<'_>) -> Option<Remark> {
    let mut first: BTreeMap<PersonId, &OnRoster> = BTreeMap::new();
    let again = case.facts.roster.iter().filter_map(|trainee| match first.get(&trainee.person) {
        Some(known) => {
            let number = &known.external_id;
            Some(Row::trainee(trainee, format!("与学员 {number} 身份证号相同"), format!("the same ID number as trainee {number}")))
        }
        None => {
            first.insert(trainee.person, trainee);
            None
        }
    });
    let rows = again.collect();
    Remark::must(
        "trainee_twice",
        WHO,
        "花名册中下列学员与另一学员身份证号相同，同一人只能申领一次补贴。请删除重复的一行，或更正身份证号。",
        "These trainees have the same ID number as another on the roster; a person is paid for once. Remove one of the two, or correct the number.",
    )
    .about(rows)
}

fn numbers(case: &Case<'_>) -> Option<Remark> {
    let wrong = case.facts.roster.iter().filter_map(|trainee| {
        let (zh, en) = trainee.number_fault?.sentence();
        Some(Row::trainee(trainee, zh, en))
    });
    Remark::must(
        "id_number_wrong",
        WHO,
        "下列学员的身份证号不符合GB 11643（位数、出生日期或校验码不对；如为其他证件，请在申请中说明）。请对照证件更正后重新提交花名册。",
        "The ID numbers of these trainees are none by GB 11643 (length, day of birth or check digit is wrong). Correct them from the card and send the roster again, or say in the application which other document it is.",
    )
    .about(wrong.collect())
}

fn elsewhere(case: &Case<'_>) -> Option<Remark> {
    let also = case.facts.roster.iter().filter(|trainee| trainee.elsewhere);
    Remark::note(
        "trainee_in_two_classes",
        TRUE,
        "下列学员在同一时期还在另一班次的花名册上；同一时间的学习只认定一次。请核对是否重复参训。",
        "These trainees are on the roster of another class in the same days; time counts in one of them only. See whether they really train in both.",
    )
    .about(also.map(|trainee| Row::trainee(trainee, "同期还在另一班次", "in another class in the same days")).collect())
}
