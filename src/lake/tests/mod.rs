mod queries;
mod segments;
mod snapshots;
