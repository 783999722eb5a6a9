mod bounds;
mod packs;
mod people;
mod queries;
mod segments;
mod snapshots;
mod who;
