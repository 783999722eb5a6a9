//! How many copies of recordings are found, and how many lessons are taken for copies that are none: the whole way, from the file to the match.
//!
//! Teachers give lessons, several with the same slides; each lesson is recorded, and of one lesson of each teacher copies are made as people make them.
//! A copy is found if it matches its original strongly. Every other strong match is a false accusation. Every run takes two teachers;
//! `KESHI_ACCURACY=12` takes as many as it says, and is where docs/ACCURACY.md has its figures from.

use crate::reused::{empty_class, film, sender, settle_within};
use crate::site::{Engine, Site};
use keshi::simulate::Recording;
use keshi::time::Time;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// What is done to a recording before it is handed in again; ffmpeg's arguments behind the input.
const COPIES: [(&str, &str); 10] = [
    ("half the bitrate", "-c:v libx264 -preset veryfast -crf 40 -c:a aac -b:a 16k"),
    ("smaller", "-vf scale=214:120 -c:v libx264 -preset veryfast -crf 28 -c:a aac"),
    ("cut by a tenth", "-vf crop=trunc(iw*0.9/2)*2:trunc(ih*0.9/2)*2 -c:v libx264 -preset veryfast -crf 28 -c:a aac"),
    ("a logo in a corner", "-vf drawbox=x=iw-44:y=6:w=38:h=24:color=red:t=fill -c:v libx264 -preset veryfast -crf 28 -c:a aac"),
    ("a fifth brighter", "-vf lutyuv=y=val*1.2 -c:v libx264 -preset veryfast -crf 28 -c:a aac"),
    ("a fifth darker", "-vf lutyuv=y=val*0.8 -c:v libx264 -preset veryfast -crf 28 -c:a aac"),
    ("1.05 times as fast", "-vf setpts=PTS/1.05 -af atempo=1.05 -c:v libx264 -preset veryfast -crf 28 -c:a aac"),
    ("trimmed", "-ss 25 -t 120 -c:v libx264 -preset veryfast -crf 28 -c:a aac"),
    ("another container", "-c copy -f matroska"),
    (
        "recorded from a screen",
        "-vf scale=256:144,pad=320:180:20:28:gray,fps=8 -af volume=0.6,lowpass=f=3000 -c:v libx264 -preset veryfast -crf 34 -c:a aac -b:a 24k",
    ),
];
/// Screenshots taken of a recording: when, in seconds, and what is done to each.
const SCREENSHOTS: [(&str, &str); 4] = [
    ("33.4", "null"),
    ("71.2", "scale=240:136"),
    ("104.8", "crop=trunc(iw*0.95):ih:0:0"),
    ("150.6", "drawbox=x=4:y=4:w=40:h=18:color=blue:t=fill"),
];
/// Lessons of a teacher; the first of them is copied. All show the same meeting number and are given before the same wall.
const LESSONS: u64 = 3;
/// Length of a lesson, in seconds.
const SECONDS: u32 = 180;

fn lesson(teacher: u64, number: u64) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lesson.mp4");
    let from: Time = "2020-03-03T01:00:00Z".parse().unwrap();
    let (seed, code) = (teacher * 1_000 + number, format!("88000{teacher}"));
    Recording { seed, voice: teacher, code, from, seconds: SECONDS, frames_per_second: 5 }.encode(&file).unwrap();
    std::fs::read(file).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_are_found_and_lessons_that_only_look_alike_are_not() {
    let teachers: u64 = std::env::var("KESHI_ACCURACY").map_or(2, |count| count.parse().expect("KESHI_ACCURACY is a number of teachers"));
    let site = Site::new(Engine::Small).await;
    let server = site.start().await;
    let (client, plan) = empty_class(&site).await;
    let (sent, live) = sender(&site, &client, &plan);
    let mut handed_in = 0;
    let mut hand_in = async |name: String, bytes: Vec<u8>| {
        handed_in += 1;
        sent.medium("video", live[handed_in % live.len()], &name, bytes).await["id"].clone()
    };
    let (mut lessons, mut copies): (Vec<Value>, Vec<(&str, Value, Value)>) = (Vec::new(), Vec::new());
    let mut screenshots: Vec<(&str, Value, Value)> = Vec::new();
    for teacher in 1..=teachers {
        let original = lesson(teacher, 0);
        let id = hand_in(format!("{teacher}-0.mp4"), original.clone()).await;
        for number in 1..LESSONS {
            lessons.push(hand_in(format!("{teacher}-{number}.mp4"), lesson(teacher, number)).await);
        }
        for (how, arguments) in COPIES {
            let copy = film(&format!("-i AGAIN {arguments}"), &original);
            copies.push((how, id.clone(), hand_in(format!("{teacher}-{how}.mp4"), copy).await));
        }
        for (at, how) in SCREENSHOTS {
            let picture = film(&format!("-i AGAIN -ss {at} -vf {how} -frames:v 1 -q:v 4 -f mjpeg"), &original);
            let sent = sent.medium("screenshot", live[0], &format!("{teacher}-{at}.jpg"), picture).await;
            screenshots.push((at, id.clone(), sent["id"].clone()));
        }
        lessons.push(id);
    }
    // Ten minutes for two teachers' 26 recordings: where others have the processors as well, five were too few.
    settle_within(&site, &client, Duration::from_secs(300 * teachers.max(2))).await;

    // Copies of one lesson are copies of each other, too.
    let family: HashMap<String, String> = copies.iter().map(|(_, of, copy)| (copy.to_string(), of.to_string())).collect();
    let of = |id: &Value| family.get(&id.to_string()).cloned().unwrap_or_else(|| id.to_string());
    let (mut found, mut false_ones, mut pairs): (BTreeMap<&str, [u32; 2]>, Vec<String>, usize) = (BTreeMap::new(), Vec::new(), 0);
    for (how, original, copy) in &copies {
        let matches = sent.matches(&json!({ "id": copy })).await;
        let is_strong = |tier: &Value| *tier == json!("strong") || *tier == json!("exact");
        let counted = found.entry(how).or_default();
        counted[0] += u32::from(matches.iter().any(|(other, _, tier)| other == original && is_strong(tier)));
        counted[1] += 1;
    }
    let everybody = lessons.iter().chain(copies.iter().map(|(_, _, copy)| copy));
    for one in everybody {
        for (other, kind, tier) in sent.matches(&json!({ "id": one })).await {
            if tier != json!("candidate") && of(one) != of(&other) {
                false_ones.push(format!("{one} and {other}: {kind} {tier}"));
            }
        }
        pairs += lessons.len() + copies.len() - 1 - COPIES.len();
    }
    let mut placed = [0_usize; 2];
    for (at, of_recording, picture) in &screenshots {
        let kept = client.get(&format!("/v1/evidence/{}", picture.as_str().unwrap())).await.unwrap();
        let moments: Vec<&Value> = kept["matches"].as_array().unwrap().iter().filter(|one| one["at_ms"].is_i64()).collect();
        let near = |one: &&&Value| one["at_ms"].as_f64().is_some_and(|found| (found / 1000.0 - at.parse::<f64>().unwrap()).abs() <= 1.0);
        let own = moments.iter().filter(|one| one["evidence"] == *of_recording);
        placed[0] += own.clone().filter(|one| one["tier"] == "strong").filter(near).count();
        placed[1] += own.count();
        println!(
            "screenshot at {at} s: {:?}",
            moments.iter().map(|one| (&one["tier"], &one["at_ms"], &one["until_ms"])).collect::<Vec<_>>()
        );
        for one in moments.iter().filter(|one| one["tier"] == "strong" && of(&one["evidence"]) != of(of_recording)) {
            false_ones.push(format!("{picture} and {one}"));
        }
    }
    println!("screenshots: {} of {} placed to the second, {} placed at all", placed[0], screenshots.len(), placed[1]);
    for (how, [found, copies]) in &found {
        println!("{how}: {found} of {copies}");
    }
    let all = found.values().fold([0, 0], |all, one| [all[0] + one[0], all[1] + one[1]]);
    println!("in all {} of {}; {} false among some {} pairs that are no copies", all[0], all[1], false_ones.len() / 2, pairs / 2);
    assert!(false_ones.is_empty(), "{false_ones:?}");
    assert!(f64::from(all[0]) >= 0.98 * f64::from(all[1]), "{found:?}");
    server.stop();
}
