//! Canonical events in any number, for measuring: one lesson of many trainees who join, beat, answer and leave.

use super::chance::Chance;
use crate::register::id_number::with_checksum;
use crate::time::Time;
use serde_json::{Value, json};
use std::io::{self, Write};

/// A log of `rows` events of `trainees` people between two moments.
#[derive(Clone, Copy, Debug)]
pub struct Bulk {
    /// How many events.
    pub rows: u64,
    /// How many people; at least 1.
    pub trainees: u64,
    /// The number of the first of them; another number is another human.
    pub first: u64,
    /// What chance follows from.
    pub seed: u64,
    /// The first moment.
    pub from: Time,
    /// The last moment.
    pub until: Time,
}

impl Bulk {
    /// The events as NDJSON lines, each with its line feed, in order of time.
    pub fn lines(&self) -> impl Iterator<Item = String> + use<> {
        let Bulk { rows, trainees, first, from, until, seed } = *self;
        let mut chance = Chance::new(seed);
        let rounds = rows.div_ceil(trainees.max(1));
        (0..rows).map(move |row| {
            let (round, trainee) = (row / trainees.max(1), row % trainees.max(1));
            let at = from.plus(((until.0 - from.0) as i128 * i128::from(row) / i128::from(rows.max(1))) as i64);
            let kind = match round {
                0 => "join",
                last if last + 1 == rounds => "leave",
                _ if chance.percent(2) => "answer",
                _ => "heartbeat",
            };
            let trainee = first + trainee;
            format!(
                "{{\"trainee\":\"ext:b{trainee:07}\",\"kind\":\"{kind}\",\"at\":\"{at}\",\"ip\":\"198.51.100.{}\",\"device\":\"sim-{trainee:07x}\",\"client\":\"app\"}}\n",
                trainee % 250 + 1
            )
        })
    }

    /// Writes all lines.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        self.lines().try_for_each(|line| out.write_all(line.as_bytes()))
    }

    /// The roster the events belong to, as `PUT /v1/classes/{id}/roster` takes it.
    pub fn roster(&self) -> Value {
        let trainee = |number: u64| {
            let id_number =
                with_checksum(&format!("6109021980{:02}{:02}{:03}", number / 28_000 % 12 + 1, number / 1_000 % 28 + 1, number % 1_000));
            json!({ "external_id": format!("b{number:07}"), "name": format!("批量例{number}"), "id_number": id_number, "category": "employee" })
        };
        json!({ "trainees": (self.first..self.first + self.trainees).map(trainee).collect::<Vec<_>>() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bulk_has_its_rows_in_order_and_reads_as_json() {
        let from: Time = "2020-03-03T09:00:00+08:00".parse().expect("a time");
        let bulk = Bulk { rows: 1_000, trainees: 30, first: 5, seed: 1, from, until: from.plus(2_700 * crate::time::SECOND) };
        let lines: Vec<Value> = bulk.lines().map(|line| serde_json::from_str(&line).expect("json")).collect();
        assert_eq!(lines.len(), 1_000);
        let times: Vec<Time> = lines.iter().map(|line| line["at"].as_str().expect("text").parse().expect("a time")).collect();
        assert!(times.is_sorted() && times[0] == from && times[999] < bulk.until);
        assert_eq!(lines.iter().filter(|line| line["kind"] == "join").count(), 30);
        assert_eq!(bulk.lines().collect::<Vec<_>>(), bulk.lines().collect::<Vec<_>>());
        let roster = bulk.roster();
        let known: Vec<_> = roster["trainees"]
            .as_array()
            .expect("list")
            .iter()
            .map(|one| format!("ext:{}", one["external_id"].as_str().expect("text")))
            .collect();
        assert_eq!((known.len(), known[0].as_str()), (30, "ext:b0000005"));
        assert!(lines.iter().all(|line| known.iter().any(|known| line["trainee"] == known.as_str())));
    }
}
