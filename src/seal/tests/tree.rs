//! Against another implementation of the same trees.

use super::super::edge::{Edge, FullTile};
use super::super::head::Head;
use super::super::step::Step;
use super::super::verify::verify_proof;
use super::{Bench, leaf};
use crate::db::testing;
use crate::ids::LeafId;
use crate::seal::path::{Content, TilePath};
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use sha2::Sha256;
use sqlx::AssertSqlSafe;
use storage::Op;
use tlog_tiles::{HASH_SIZE, Hash, check_tree};

type Tree = MemoryBackedTree<Sha256, Vec<u8>>;

fn bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

#[test]
fn the_edge_has_the_root_of_another_implementation_at_every_size() {
    let (mut edge, mut tree, mut tiles) = (Edge::empty(), Tree::new(), Vec::<FullTile>::new());
    for size in 0..=70_000_u64 {
        if size < 1_100 || size % 251 == 0 || (65_530..65_800).contains(&size) {
            assert_eq!(edge.root().0.as_slice(), tree.root().as_bytes().as_slice(), "root of {size}");
            let again = Edge::from_bytes(size, &edge.to_bytes()).expect("its own bytes");
            assert_eq!(again, edge);
            assert!(Edge::from_bytes(size + 1, &edge.to_bytes()).is_none());
        }
        edge.push(leaf(size).hash(), &mut |tile| tiles.push(tile));
        tree.push(leaf(size).body().to_vec());
    }
    assert_eq!(tiles.iter().filter(|tile| tile.level == 0).map(|tile| tile.n).collect::<Vec<_>>(), (0..273).collect::<Vec<_>>());
    assert_eq!(tiles.iter().filter(|tile| tile.level > 0).map(|tile| (tile.level, tile.n)).collect::<Vec<_>>(), [(1, 0)]);
}

#[tokio::test]
async fn proofs_are_those_of_another_implementation_at_many_sizes() {
    let (db, _folder) = testing::sqlite().await;
    let bench = Bench::new(&db);
    let log = bench.open().await.expect("opens");
    let mut tree = Tree::new();
    for upto in [1, 2, 3, 7, 8, 64, 255, 256, 257, 300, 511, 512, 513, 1000, 1280] {
        let first = tree.len();
        let staged = bench.stage(first, upto - first).await;
        (first..upto).for_each(|number| tree.push(leaf(number).body().to_vec()));
        log.turn().await.expect("seals");
        let published = log.published();
        assert_eq!((published.size, published.root.0.as_slice()), (upto, tree.root().as_bytes().as_slice()));
        for id in staged.iter().step_by(37) {
            let sealed = log.sealed(*id).await.expect("sealed");
            assert_eq!(bytes(&sealed.proof), tree.prove_inclusion(sealed.index as usize).as_bytes(), "leaf {} of {upto}", sealed.index);
        }
        for size in (1..upto).step_by(17) {
            let (_, proof) = log.consistency(size).await.expect("proves");
            assert_eq!(bytes(&proof), tree.prove_consistency((upto - size) as usize).as_bytes(), "from {size} to {upto}");
        }
        let small = (upto / 2).max(1);
        let mut before = Edge::empty();
        (0..small).for_each(|number| before.push(leaf(number).hash(), &mut |_| ()));
        let (_, proof) = log.consistency(small).await.expect("proves");
        check_tree(&proof, upto, published.root, small, before.root()).expect("the crate believes it");
    }
    assert!(log.consistency(0).await.is_err() && log.consistency(1281).await.is_err());
    bench.is_sound(&log, 1280).await;
}

#[tokio::test]
async fn a_tile_of_any_width_is_a_prefix_of_the_fuller_one() {
    testing::each_engine(async |db| {
        let bench = Bench::new(&db);
        let log = bench.open().await.expect("opens");
        assert!(log.tile(&"tile/0/000.p/1".parse().expect("a path")).await.expect("answers").is_none(), "an empty log has no tiles");
        let mut seen: Vec<(TilePath, Vec<u8>)> = Vec::new();
        for (first, upto) in [(0, 1_u64), (1, 100), (100, 255), (255, 256), (256, 700)] {
            bench.stage(first, upto - first).await;
            log.turn().await.expect("seals");
            let widths = [(0, upto), (1, upto / 256)];
            for (content, hashes) in
                widths.into_iter().map(|(level, hashes)| (Content::Hashes(level), hashes)).chain([(Content::Entries, upto)])
            {
                let (n, width) = ((hashes / 256), (hashes % 256) as u16);
                if width > 0 {
                    let path = TilePath { content, n, width };
                    seen.push((path, log.tile(&path).await.expect("answers").expect("there").to_vec()));
                    let wider = TilePath { width: width + 1, ..path };
                    assert!(width == 255 || log.tile(&wider).await.expect("answers").is_none(), "{wider} is not there yet");
                }
            }
            for (path, was) in &seen {
                let now = log.tile(path).await.expect("answers").expect("still there");
                assert_eq!(now.as_ref(), was.as_slice(), "{path} at {upto}");
                let full = TilePath { width: 256, ..*path };
                if let Some(full) = log.tile(&full).await.expect("answers") {
                    assert!(full.starts_with(was), "{path} begins the full one");
                }
            }
        }
        let third: Vec<u8> = (512..700).flat_map(|number| leaf(number).hash().0).collect();
        assert_eq!(log.tile(&"tile/0/002.p/188".parse().expect("a path")).await.expect("answers").expect("there"), third);
        assert_eq!(log.tile(&"tile/1/000.p/2".parse().expect("a path")).await.expect("answers").expect("there").len(), 2 * HASH_SIZE);
        let entry = leaf(512);
        let bundle = log.tile(&"tile/entries/002.p/1".parse().expect("a path")).await.expect("answers").expect("there");
        assert_eq!(bundle, [&(entry.body().len() as u16).to_be_bytes(), entry.body()].concat());
        for absent in ["tile/0/003.p/1", "tile/2/000.p/1", "tile/63/000", "tile/0/x018/x446/x744/x073/x709/x551/615", "tile/entries/002"] {
            assert!(log.tile(&absent.parse().expect("a path")).await.expect("answers").is_none(), "{absent}");
        }
        assert_eq!(Head::read(&db).await.expect("a head").size(), 700);
    })
    .await;
}

/// Stages leaves faster than one by one: SQLite's own literals, a thousand rows a statement.
async fn stage_many(bench: &Bench, count: u64) {
    let mut tx = bench.db.begin().await.expect("begins");
    for first in (0..count).step_by(1000) {
        let row = |number: u64| {
            let leaf = leaf(number);
            format!(
                "('{}', x'{}', x'{}', 0, null)",
                uuid::Uuid::from_u128(number.into()),
                hex::encode(leaf.body()),
                hex::encode(leaf.hash().0)
            )
        };
        let rows: Vec<String> = (first..count.min(first + 1000)).map(row).collect();
        let insert = format!("insert into leaf (id, body, hash, staged_at, log_index) values {}", rows.join(","));
        sqlx::query(AssertSqlSafe(insert)).execute(tx.conn()).await.expect("stages");
    }
    tx.commit().await.expect("commits");
}

#[tokio::test]
async fn a_log_of_three_levels_proves_repairs_and_notices_in_its_upper_tiles() {
    let (db, _folder) = testing::sqlite().await;
    let bench = Bench::new(&db);
    let mut log = bench.open().await.expect("opens");
    stage_many(&bench, 66_000).await;
    // The server dies with the batch that fills the first tile of level 1, so the next one makes it from 65,536 leaf rows.
    while Head::read(&db).await.expect("a head").size() < 61_440 {
        log.turn().await.expect("seals");
    }
    log.inner.steps.die(Step::AfterSwap);
    log.turn().await.expect_err("dies");
    log = bench.open().await.expect("opens");
    while log.turn().await.expect("seals") > 0 {}
    bench.is_sound(&log, 66_000).await;

    log.inner.cache.clear();
    let reads = bench.faults.calls(Op::GetFile);
    for number in [0, 255, 256, 40_000, 65_535, 65_536, 65_999] {
        let sealed = log.sealed(LeafId(uuid::Uuid::from_u128(number))).await.expect("sealed");
        assert_eq!((u128::from(sealed.index), sealed.tree_size), (number, 66_000));
        verify_proof(&log.trust(), &sealed.body, sealed.proof_text().as_bytes()).expect("proven");
    }
    assert!(bench.faults.calls(Op::GetFile) - reads <= 7 * 2, "a proof reads a tile a level");

    assert!(bench.faults.lose_file("log/tile/1/000"));
    log = bench.open().await.expect("opens");
    bench.is_sound(&log, 66_000).await;
    assert!(bench.faults.damage_file("log/tile/1/000"));
    assert_eq!(bench.open().await.err().expect("refused").code, "log_forked");
    assert_eq!(bench.problems(&log).await, ["tile_altered"]);
}
