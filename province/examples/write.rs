//! Writes a province: `cargo run --release -p province --example write -- CLASSES SEED FOLDER [CLASSES_PER_PROVIDER PLANTED]`.

use province::Province;
use std::path::Path;

fn main() -> std::io::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize, usual: u64| words.get(place).and_then(|word| word.parse().ok()).unwrap_or(usual);
    let mut province = Province::new(number(1, 1), number(0, 100) as usize);
    province.classes_per_provider = number(3, 25) as usize;
    province.planted = words.get(4).and_then(|word| word.parse().ok()).unwrap_or(province.planted);
    let folder = words.get(2).map_or("province-lake", String::as_str);
    let begun = std::time::Instant::now();
    let summary = province::write(&province, Path::new(folder))?;
    let (seconds, rows) = (begun.elapsed().as_secs_f64(), summary.rows["attendance"]);
    println!(
        "{rows} rows of attendance in {seconds:.1} s, {:.0} a second; {} labels; now is {}",
        rows as f64 / seconds,
        summary.labels,
        summary.now
    );
    Ok(())
}
