//! Draws what screenshots of online lessons show: rooms with people in tiles, pages with letters, photographs.

use likeness::grey::Grey;

/// The size of all pictures.
pub(crate) const WIDTH: usize = 960;
pub(crate) const HEIGHT: usize = 540;

/// Chance that is the same every time (SplitMix64).
#[derive(Clone)]
pub(crate) struct Chance(pub u64);

impl Chance {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Between two numbers.
    pub(crate) fn between(&mut self, from: f32, to: f32) -> f32 {
        from + (to - from) * (self.next() >> 40) as f32 / (1u64 << 24) as f32
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

/// Smooth noise from -1 to 1 in cells of one unit.
fn smooth(seed: u64, x: f32, y: f32) -> f32 {
    let (column, row) = (x.floor(), y.floor());
    let corner = |dx: i64, dy: i64| {
        let (u, v) = ((column as i64 + dx) as u64, (row as i64 + dy) as u64);
        let mixed =
            (seed ^ u.wrapping_mul(0x8CB9_2BA7_2F3D_8DD7) ^ v.wrapping_mul(0xD6E8_FEB8_6659_FD93)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    let ease = |at: f32| at * at * (3.0 - 2.0 * at);
    let (a, b) = (ease(x - column), ease(y - row));
    let line = |dy| corner(0, dy) * (1.0 - a) + corner(1, dy) * a;
    line(0) * (1.0 - b) + line(1) * b
}

/// Noise of several sizes, as in a photograph.
fn cloud(seed: u64, x: f32, y: f32) -> f32 {
    (0..4).map(|octave| (octave, (1 << octave) as f32)).map(|(octave, size)| smooth(seed + octave, x * size, y * size) / size).sum()
}

/// A picture that is being drawn.
pub(crate) struct Canvas {
    light: Vec<f32>,
}

/// A rectangle in pixels: left, top, width, height.
type Place = (usize, usize, usize, usize);

impl Canvas {
    pub(crate) fn new(shade: f32) -> Canvas {
        Canvas { light: vec![shade; WIDTH * HEIGHT] }
    }

    pub(crate) fn finish(self) -> Grey {
        Grey::draw(WIDTH, HEIGHT, |column, row| self.light[row * WIDTH + column].clamp(0.0, 255.0) as u8)
    }

    /// Light by the place within, both 0 to 1; `None` leaves what is there.
    fn fill(&mut self, (left, top, width, height): Place, light: impl Fn(f32, f32) -> Option<f32>) {
        for row in top..(top + height).min(HEIGHT) {
            for column in left..(left + width).min(WIDTH) {
                let (x, y) = ((column - left) as f32 / width as f32, (row - top) as f32 / height as f32);
                if let Some(light) = light(x, y) {
                    self.light[row * WIDTH + column] = light;
                }
            }
        }
    }

    /// A camera picture: a room behind, and a person before it who sits as the moment has it.
    pub(crate) fn camera(&mut self, place: Place, person: u64, moment: u64) {
        let (mut who, mut how) = (Chance(person), Chance(person ^ moment.wrapping_mul(0x5851_F42D_4C95_7F2D)));
        let (room, wall, window) = (who.next(), who.between(60.0, 190.0), who.between(0.0, 1.0));
        let shelves = who.between(2.0, 7.0);
        let (skin, hair, shirt) = (who.between(120.0, 210.0), who.between(15.0, 90.0), who.between(30.0, 230.0));
        let (wide, stripes) = (who.between(0.12, 0.17), who.between(0.0, 30.0));
        // People lean, come nearer and turn their heads; the light of the day changes, the camera adds noise of its own.
        let (x, y, near) = (0.5 + how.between(-0.13, 0.13), 0.42 + how.between(-0.07, 0.07), how.between(0.85, 1.2));
        let (turn, day, grain) = (how.between(-0.25, 0.25), how.between(0.9, 1.1), how.next());
        let aspect = place.2 as f32 / place.3 as f32;
        self.fill(place, |u, v| {
            let mut light = wall + 35.0 * cloud(room, u * 4.0, v * 4.0) + 30.0 * (u - window);
            if (v * shelves).fract() < 0.12 || (u * shelves * 1.7 + room as f32 % 1.0).fract() < 0.06 {
                light -= 45.0;
            }
            let (dx, dy) = ((u - x) / near * aspect / 1.6, (v - y) / near);
            let shoulder = 0.3 - 0.35 * (dx / 0.42).powi(2);
            if dx.abs() < 0.42 && dy > 0.58 - shoulder - 0.05 {
                light = shirt + 18.0 * (dx * stripes * 6.0).sin() + 25.0 * cloud(room + 9, dx * 7.0, dy * 7.0) - 30.0 * dx;
            }
            let head = (dx / wide).powi(2) + (dy / (wide * 1.45)).powi(2);
            if head < 1.35 && dy < 0.02 {
                light = hair + 14.0 * cloud(room + 17, dx * 40.0, dy * 12.0);
            }
            if head < 1.0 && dy > -0.12 {
                light = skin * (1.0 - 0.25 * head) - 60.0 * (dx - turn * 0.1) + 8.0 * cloud(room + 23, dx * 20.0, dy * 20.0);
                let eye = |side: f32| ((dx - turn * 0.15 - side * 0.05) / 0.018).powi(2) + ((dy + 0.03) / 0.012).powi(2) < 1.0;
                let mouth = ((dx - turn * 0.15) / 0.05).powi(2) + ((dy - 0.11) / (0.01 + 0.012 * near)).powi(2) < 1.0;
                if eye(-1.0) || eye(1.0) || mouth {
                    light = 50.0;
                }
            }
            Some(light * day + 5.0 * smooth(grain, u * 200.0, v * 200.0))
        });
        self.words((place.0 + 4, place.1 + place.3.saturating_sub(14), place.2 / 3, 10), person ^ 3, 8, 240.0);
    }

    /// A participant without a camera: a letter in a circle.
    pub(crate) fn avatar(&mut self, place: Place, person: u64) {
        let mut who = Chance(person);
        let (shade, circle) = (who.between(30.0, 60.0), who.between(90.0, 200.0));
        let aspect = place.2 as f32 / place.3 as f32;
        self.fill(place, |u, v| {
            let from = (((u - 0.5) * aspect).powi(2) + (v - 0.5).powi(2)).sqrt();
            Some(if from < 0.28 { circle } else { shade })
        });
        self.words((place.0 + place.2 * 2 / 5, place.1 + place.3 * 2 / 5, place.2 / 5, place.3 / 4), person ^ 5, place.3 / 5, 250.0);
    }

    /// Marks like letters, in lines of a height.
    pub(crate) fn words(&mut self, (left, top, width, height): Place, seed: u64, size: usize, ink: f32) {
        let mut chance = Chance(seed);
        for line in 0..height / size.max(1) {
            let mut x = left;
            let end = left + width - if line % 4 == 3 { chance.below(width / 2 + 1) } else { 0 };
            while x + size < end {
                let letter = size * 6 / 10;
                for _ in 0..3 {
                    let (dx, dy) = (chance.below(letter.max(1)), chance.below((size * 6 / 10).max(1)));
                    let stroke = (size / 8).max(1);
                    let bar = if chance.below(2) == 0 { (stroke, size * 6 / 10 - dy + stroke) } else { (letter - dx + stroke, stroke) };
                    self.fill((x + dx, top + line * size + dy, bar.0, bar.1), |_, _| Some(ink));
                }
                x += letter + size / 5 + if chance.below(6) == 0 { size / 2 } else { 0 };
            }
        }
    }

    /// A page of a course: heading, lines, sometimes a diagram.
    pub(crate) fn page(&mut self, (left, top, width, height): Place, deck: u64) {
        let mut chance = Chance(deck);
        let (paper, ink) = if chance.below(4) == 0 { (35.0, 225.0) } else { (chance.between(225.0, 255.0), chance.between(10.0, 80.0)) };
        self.fill((left, top, width, height), |_, _| Some(paper));
        let band = chance.between(60.0, 200.0);
        self.fill((left, top, width, height / 7), |_, _| Some(band));
        self.words((left + width / 20, top + height / 28, width * 2 / 3, height / 10), chance.next(), height / 12, 250.0);
        let size = height / (14 + chance.below(10));
        let text = if chance.below(2) == 0 { width * 9 / 10 } else { width / 2 };
        self.words((left + width / 20, top + height / 5, text, height * 7 / 10), chance.next(), size, ink);
        if text == width / 2 {
            for bar in 0..5 {
                let tall = height / 10 + chance.below(height / 2);
                let shade = chance.between(40.0, 200.0);
                self.fill((left + width * (58 + bar * 8) / 100, top + height * 9 / 10 - tall, width * 6 / 100, tall), |_, _| Some(shade));
            }
        }
    }

    /// A photograph: clouds, a horizon, things before it.
    pub(crate) fn photograph(&mut self, place: Place, seed: u64) {
        let mut chance = Chance(seed);
        let (clouds, horizon) = (chance.next(), chance.between(0.3, 0.7));
        let things: Vec<[f32; 4]> = (0..7)
            .map(|_| [chance.between(0.0, 1.0), chance.between(0.2, 1.0), chance.between(0.04, 0.2), chance.between(20.0, 230.0)])
            .collect();
        self.fill(place, |u, v| {
            let mut light = if v < horizon { 190.0 - 60.0 * v } else { 90.0 + 40.0 * v } + 55.0 * cloud(clouds, u * 5.0, v * 5.0);
            for [x, y, size, shade] in &things {
                if (u - x).powi(2) + ((v - y) * 0.6).powi(2) < size * size {
                    light = shade + 30.0 * (u - x) / size + 22.0 * cloud(clouds + 31, u * 16.0, v * 16.0);
                }
            }
            Some(light)
        });
    }
}

/// What a picture shows. The same numbers give the same picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scene {
    /// Camera tiles in so many columns and rows; every fifth one or so without a camera.
    Grid { columns: usize, rows: usize, people: u64, moment: u64 },
    /// A page, with some people beside it.
    Lesson { deck: u64, people: u64, moment: u64 },
    /// A page alone.
    Page { deck: u64 },
    /// A photograph.
    Photograph { seed: u64 },
}

impl Scene {
    pub(crate) fn draw(self) -> Grey {
        let mut canvas = Canvas::new(24.0);
        match self {
            Scene::Grid { columns, rows, people, moment } => {
                let (width, height) = (WIDTH / columns, HEIGHT / rows);
                for tile in 0..columns * rows {
                    let place = (tile % columns * width + 3, tile / columns * height + 3, width - 6, height - 6);
                    let person = Chance(people.wrapping_mul(1000) + tile as u64).next();
                    if columns > 2 && person.is_multiple_of(5) {
                        canvas.avatar(place, person)
                    } else {
                        canvas.camera(place, person, moment)
                    }
                }
            }
            Scene::Lesson { deck, people, moment } => {
                canvas.page((0, 0, WIDTH * 3 / 4, HEIGHT), deck);
                for tile in 0..4 {
                    let person = Chance(people.wrapping_mul(1000) + tile as u64).next();
                    canvas.camera((WIDTH * 3 / 4 + 4, tile * HEIGHT / 4 + 3, WIDTH / 4 - 8, HEIGHT / 4 - 6), person, moment);
                }
            }
            Scene::Page { deck } => canvas.page((0, 0, WIDTH, HEIGHT), deck),
            Scene::Photograph { seed } => canvas.photograph((0, 0, WIDTH, HEIGHT), seed),
        }
        canvas.finish()
    }
}

/// Sixty pictures: grids of other people, the same people at other moments, decks shown to other people and at other moments, pages alone,
/// photographs. Nearly all have a neighbour that looks like them.
pub(crate) fn collection(seed: u64) -> Vec<Scene> {
    let base = seed.wrapping_mul(0x1_0000);
    let shapes = [(1, 1), (2, 2), (3, 2), (3, 3), (4, 3), (4, 4), (5, 4), (5, 5)];
    let grids = (0..24).map(|at| {
        let (columns, rows) = shapes[at / 3];
        // The first two of three are the same people.
        Scene::Grid { columns, rows, people: base + at as u64 / 3 * 2 + u64::from(at % 3 == 2), moment: at as u64 % 3 }
    });
    let lessons = (0..20).map(|at: u64| {
        // Of four: one deck; people at two moments, then others at two.
        Scene::Lesson { deck: base + at / 4, people: base + 500 + at / 2, moment: at % 2 }
    });
    let pages = (0..4).map(|at| Scene::Page { deck: base + at });
    let photographs = (0..12).map(|at| Scene::Photograph { seed: base + at });
    grids.chain(lessons).chain(pages).chain(photographs).collect()
}
