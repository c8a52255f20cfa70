//! Shards of a plan: together the whole, no two of them share a run.

use proptest::prelude::*;
use surprisal_spec::Shard;

proptest! {
    #[test]
    fn every_run_is_in_exactly_one_shard_and_none_has_two_more_than_another(n in 0_usize..500, count in 1_usize..70) {
        let runs: Vec<usize> = (0..n).collect();
        let parts: Vec<Vec<usize>> = Shard::all(count).map(|shard| shard.part(&runs).copied().collect()).collect();
        let mut all = parts.concat();
        all.sort_unstable();
        prop_assert_eq!(&all, &runs);
        let sizes = || parts.iter().map(Vec::len);
        prop_assert!(sizes().max().unwrap_or(0) - sizes().min().unwrap_or(0) <= 1);
        prop_assert!(parts.iter().all(|part| part.is_sorted()), "a shard keeps the order of the plan");
    }

    #[test]
    fn every_shard_has_its_share_of_every_block_of_the_plan(count in 1_usize..20, start in 0_usize..50, size in 0_usize..100) {
        let runs: Vec<usize> = (0..200).collect();
        for shard in Shard::all(count) {
            let own = shard.part(&runs).filter(|run| (start..start + size).contains(run)).count();
            prop_assert!(own == size / count || own == size.div_ceil(count));
        }
    }

    #[test]
    fn a_shard_is_read_as_it_is_written(count in 1_usize..1000, at in 0_usize..1000) {
        let shard = Shard::all(count).nth(at % count).unwrap();
        prop_assert_eq!(shard.to_string().parse::<Shard>().unwrap(), shard);
    }
}

#[test]
fn what_is_no_part_of_n_parts_is_refused() {
    for text in
        ["0/3", "4/3", "1/0", "0/0", "1", "1/", "/1", "a/b", "1/2/3", "-1/2", "1 / 2", "", "1/99999999999999999999"]
    {
        let told = text.parse::<Shard>().unwrap_err();
        assert_eq!(told, format!("expected K/N with K from 1 to N, found `{text}`"));
    }
    let runs = [1, 2, 3];
    assert_eq!(Shard::WHOLE.part(&runs).copied().collect::<Vec<_>>(), runs);
    assert_eq!(format!("1/{}", usize::MAX).parse::<Shard>().unwrap().part(&runs).count(), 1);
}
