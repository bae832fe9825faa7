//! The rooms of the published figures (docs/pacing.md).

use crate::chance::Spread;
use crate::room::{AnswerShare, Room};

/// Agents, answer share, mean talk in seconds.
const ROOMS: [(u32, f64, f64); 12] = [
    (5, 0.3, 180.0),
    (10, 0.3, 180.0),
    (20, 0.3, 180.0),
    (50, 0.3, 180.0),
    (100, 0.3, 180.0),
    (300, 0.3, 180.0),
    (5, 0.1, 180.0),
    (20, 0.1, 180.0),
    (100, 0.1, 180.0),
    (20, 0.5, 180.0),
    (5, 0.3, 60.0),
    (20, 0.3, 60.0),
];

/// The published rooms, each with what is not published of it as in `base`.
pub fn rooms(base: &Room) -> Vec<Room> {
    let room = |(seats, share, talk): (u32, f64, f64)| Room {
        seats,
        shifts: Vec::new(),
        answer: AnswerShare { base: share, ..base.answer.clone() },
        talk_s: Spread { mean: talk, ..base.talk_s },
        ..base.clone()
    };
    ROOMS.into_iter().map(room).collect()
}
