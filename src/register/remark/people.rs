//! 一（一） and 一（二）: who may be trained, and by whom.

use super::{Case, OnRoster, Remark, Row};
use crate::register::lists::Standing;
use crate::register::provider::ProviderKind;
use crate::register::roster::Category;
use chrono::NaiveDate;

const WHO: &str = "31号 一（一）";
const BY_WHOM: &str = "31号 一（二）";

pub(super) fn check(case: &Case<'_>) -> Vec<Remark> {
    let mut remarks = Vec::new();
    remarks.extend(categories(case));
    remarks.extend(listed(case));
    remarks
}

/// People whom this kind of provider may not train.
fn categories(case: &Case<'_>) -> Option<Remark> {
    let eligibility = &case.policy.eligibility;
    let (allowed, zh, en) = match case.facts.provider.kind {
        ProviderKind::Enterprise => (
            &eligibility.enterprise_categories,
            "企业只能组织本企业在职职工（含劳务派遣人员）线上培训；就业重点群体和贫困劳动力由目录清单内的培训机构承担。请将下列学员移出花名册，或更正其类别，或改由目录清单内的培训机构申报。",
            "An enterprise trains its own employees alone (dispatched workers included); key groups and people from poor households are trained by listed institutions. Take these trainees off the roster, correct their category, or let a listed institution apply.",
        ),
        ProviderKind::Institution => (
            &eligibility.institution_categories,
            "下列学员的类别不在该承训单位可培训的对象之内。请更正类别或移出花名册。",
            "The category of these trainees is none that this provider may train. Correct it, or take them off the roster.",
        ),
    };
    let allowed = &allowed.as_ref()?.value;
    let clause = if case.facts.provider.kind == ProviderKind::Enterprise { BY_WHOM } else { WHO };
    let wrong = case.facts.roster.iter().filter(|trainee| !allowed.contains(&trainee.category));
    Remark::must("category_not_allowed", clause, zh, en).about(wrong.map(row).collect())
}

fn row(trainee: &OnRoster) -> Row {
    let (zh, en) = match trainee.category {
        Category::Employee => ("企业职工", "employee"),
        Category::KeyGroup => ("就业重点群体", "key group"),
        Category::PoorHousehold => ("贫困家庭劳动力", "poor household"),
    };
    Row::trainee(trainee, zh, en)
}

/// Whether the provider is on the approved list, where it has to be.
fn listed(case: &Case<'_>) -> Option<Remark> {
    let provider = &case.facts.provider;
    let free = case.policy.eligibility.enterprise_unlisted_in_epidemic.as_ref().is_some_and(|free| free.value);
    if provider.kind == ProviderKind::Enterprise && case.epidemic && free {
        return None;
    }
    let day = case.class.starts_on;
    if !on_list(case, day) {
        return Some(match provider.kind {
            ProviderKind::Enterprise => Remark::must(
                "provider_not_listed",
                BY_WHOM,
                format!(
                    "{day}不在疫情期间：各类线上培训均由目录清单内的培训机构承担，该企业当日不在目录清单内。请改由目录清单内的培训机构申报，或登记其列入目录的起止日期。"
                ),
                format!(
                    "{day} is not in the epidemic: all online training is done by listed institutions, and this enterprise is not on the list that day. Let a listed institution apply, or enter since and until when it is listed."
                ),
            ),
            ProviderKind::Institution => Remark::must(
                "provider_not_listed",
                BY_WHOM,
                format!(
                    "该培训机构在开班首日{day}不在培训机构目录清单内。请由人社部门登记其列入目录的起止日期，或改由目录清单内的培训机构承担。"
                ),
                format!(
                    "This institution is not on the list of institutions on {day}, the first day. Let the reviewing office enter since and until when it is listed, or let a listed institution train."
                ),
            ),
        });
    }
    let last = case.class.ends_on;
    (!on_list(case, last)).then(|| {
        Remark::note(
            "provider_listing_ends",
            BY_WHOM,
            format!("该承训单位开班时在目录清单内，但到最后一日{last}已不在。请核对目录的有效期。"),
            format!("The provider is listed on the first day and no longer on {last}, the last. See how long its listing holds."),
        )
    })
}

/// By the operator's list where one is loaded, otherwise by the days entered with the provider.
fn on_list(case: &Case<'_>, day: NaiveDate) -> bool {
    let provider = &case.facts.provider;
    match &case.lists.institutions {
        Some(list) => matches!(list.on(&provider.external_id, day), Standing::Listed(_)),
        None => provider.listed_from.is_some_and(|from| from <= day) && provider.listed_until.is_none_or(|until| day <= until),
    }
}
