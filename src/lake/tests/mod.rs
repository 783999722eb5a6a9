mod packs;
mod queries;
mod segments;
mod snapshots;
mod who;
