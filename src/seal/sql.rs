//! Statements on the tables `leaf`, `log_head` and `log_checkpoint`.

/// $1 id, $2 body, $3 hash, $4 staged_at.
pub(crate) const STAGE: &str = "insert into leaf (id, body, hash, staged_at, log_index) values ($1, $2, $3, $4, null)";

/// Whether a leaf waits for its place.
pub(crate) const ANY_STAGED: &str = "select 1 from leaf where log_index is null limit 1";

/// $1 tree size, $2 most leaves: gives the oldest staged leaves their places, in one statement, so that no leaf is seen by one half of it
/// and not by the other.
pub(crate) const ASSIGN: &str = "update leaf set log_index = $1 + staged.place from \
     (select id, row_number() over (order by id) - 1 as place from leaf where log_index is null order by id limit $2) as staged \
     where leaf.id = staged.id returning leaf.log_index, leaf.hash, leaf.id, leaf.body";

/// $1 origin, $2 root, $3 edge, $4 now: the head of an empty log, unless there is one.
pub(crate) const CREATE_HEAD: &str = "insert into log_head (id, origin, tree_size, root, edge, tiled_size, published_size, updated_at) \
     values (1, $1, 0, $2, $3, 0, 0, $4) on conflict (id) do nothing";

/// The head as it was last committed.
pub(crate) const HEAD: &str = "select origin, tree_size, root, edge, tiled_size, published_size from log_head where id = 1";

/// $1 now: the same, and no other server may change it until the transaction ends.
pub(crate) const LOCK_HEAD: &str =
    "update log_head set updated_at = $1 where id = 1 returning origin, tree_size, root, edge, tiled_size, published_size";

/// How far the log has got: cheap enough to be asked often.
pub(crate) const SIZES: &str = "select tree_size, published_size from log_head where id = 1";

/// $1 the size it must still have, $2 tree_size, $3 root, $4 edge.
pub(crate) const SWAP_HEAD: &str = "update log_head set tree_size = $2, root = $3, edge = $4 where id = 1 and tree_size = $1";

/// $1 size.
pub(crate) const PUBLISH_HEAD: &str = "update log_head set tiled_size = $1, published_size = $1 where id = 1 and published_size < $1";

/// $1 tree_size, $2 root, $3 note, $4 now.
pub(crate) const PUT_CHECKPOINT: &str =
    "insert into log_checkpoint (tree_size, root, note, published_at) values ($1, $2, $3, $4) on conflict (tree_size) do nothing";

/// The checkpoint everyone is shown.
pub(crate) const NEWEST_CHECKPOINT: &str = "select tree_size, root, note, published_at from log_checkpoint order by tree_size desc limit 1";

/// When the log was begun.
pub(crate) const FIRST_CHECKPOINT: &str = "select tree_size, root, note, published_at from log_checkpoint order by tree_size limit 1";

/// $1 first size, $2 limit.
pub(crate) const CHECKPOINTS: &str =
    "select tree_size, root, note, published_at from log_checkpoint where tree_size >= $1 order by tree_size limit $2";

/// $1 id.
pub(crate) const LEAF: &str = "select log_index, hash, body from leaf where id = $1";

/// $1 first index, $2 index after the last.
pub(crate) const LEAVES: &str = "select log_index, hash, body from leaf where log_index >= $1 and log_index < $2 order by log_index";

/// $1 first index, $2 index after the last.
pub(crate) const HASHES: &str = "select log_index, hash from leaf where log_index >= $1 and log_index < $2 order by log_index";

/// $1 size: leaves the head knows nothing of.
pub(crate) const BEYOND: &str = "select count(*) from leaf where log_index >= $1";

/// Leaves without a place.
pub(crate) const STAGED: &str = "select count(*) from leaf where log_index is null";

/// Every statement that both engines must prepare.
#[cfg(test)]
pub(crate) const ALL: &[&str] = &[
    STAGE,
    ANY_STAGED,
    ASSIGN,
    CREATE_HEAD,
    HEAD,
    LOCK_HEAD,
    SIZES,
    SWAP_HEAD,
    PUBLISH_HEAD,
    PUT_CHECKPOINT,
    NEWEST_CHECKPOINT,
    FIRST_CHECKPOINT,
    CHECKPOINTS,
    LEAF,
    LEAVES,
    HASHES,
    BEYOND,
    STAGED,
];
