//! Pictures for tests, drawn with whole numbers so that any language draws the same ones.

use crate::grey::Grey;

/// Sixty discs and boxes of half the picture's size at most, each covering three quarters of what is below, on a slope of light.
pub(crate) fn drawn(seed: u32, width: usize, height: usize) -> Grey {
    let mut state = seed;
    let mut chance = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as usize
    };
    let mut pixels: Vec<usize> = (0..width * height).map(|at| at % width * 60 / width + at / width * 60 / height).collect();
    for _ in 0..60 {
        let (x, y) = ((chance() * width) >> 16, (chance() * height) >> 16);
        let (across, down) = (1 + ((chance() * width) >> 18), 1 + ((chance() * height) >> 18));
        let (shade, disc) = (chance() & 255, chance() & 1 == 1);
        for row in y.saturating_sub(down)..(y + down + 1).min(height) {
            for column in x.saturating_sub(across)..(x + across + 1).min(width) {
                let (dx, dy) = (column.abs_diff(x), row.abs_diff(y));
                let round = dx * dx * down * down + dy * dy * across * across <= across * across * down * down;
                if !disc || round {
                    let pixel = &mut pixels[row * width + column];
                    *pixel = (*pixel + 3 * shade) / 4;
                }
            }
        }
    }
    Grey::draw(width, height, |column, row| pixels[row * width + column] as u8)
}
