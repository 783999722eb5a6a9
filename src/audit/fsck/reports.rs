//! Weekly reports as they were filed. They are not derived: what was told the province is kept as it was told.

use super::Report;
use super::signatures::against;
use crate::audit::report::filed;
use crate::db::Db;
use crate::error::Result;

/// Every report is the document whose digest its leaf gives.
pub(super) async fn check(db: &Db, report: &mut Report) -> Result<()> {
    let (mut week, mut version) = (String::new(), 0);
    loop {
        let kept = filed::after(db, &week, version).await?;
        let Some(last) = kept.last() else { return Ok(()) };
        (week, version) = (last.week.clone(), last.version);
        for one in &kept {
            report.weekly_reports += 1;
            let wrong = if one.digest == one.of_document {
                against(db, Some(one.leaf), "weekly_report", &one.fields).await?
            } else {
                Some("the document is another than was sealed.".to_owned())
            };
            if let Some(wrong) = wrong {
                report.problem("weekly_report_differs", format!("Version {} of the report of {}: {wrong}", one.version, one.week));
            }
        }
    }
}
