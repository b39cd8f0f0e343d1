//! The rules of an auction, tried by example and on auctions drawn by lot.

use proptest::prelude::*;

use super::*;

const MINUTE: Millis = 60_000;

pub(super) fn terms() -> Terms {
    Terms {
        title: "市直机关公务打印设备".into(),
        goods: "A4 黑白激光打印机".into(),
        quantity: "85 台".into(),
        specification: "双面打印，不低于 30 页/分".into(),
        attachments: vec![Sheet { name: "技术要求.pdf".into(), sha256: "0".repeat(64) }],
        department: "jgj".into(),
        purchaser: "云岫市机关事务管理局".into(),
        budget_fen: 16_000_000,
        ceiling_fen: 15_300_000,
        step: Step::Fen(30_000),
        opens_at: 60 * MINUTE,
        closes_at: 120 * MINUTE,
        extension: None,
        invited: vec![],
        names: Names::After,
        single: Single::Award,
        floor_fen: None,
        below_floor: BelowFloor::Refuse,
        deposit: "无需缴纳保证金".into(),
    }
}

fn bid(vendor: &str, fen: Fen, at: Millis) -> Bid<'_> {
    Bid { vendor, fen, at }
}

/// Judges and takes, as the store does.
fn offer(terms: &Terms, standing: &mut Standing, bid: &Bid<'_>, index: u64) -> Result<(), Refused> {
    standing.judge(terms, bid)?;
    standing.take(terms, bid, index);
    Ok(())
}

#[test]
fn the_window_holds_its_first_moment_and_not_its_last() {
    let (terms, standing) = (terms(), Standing::of(&terms()));
    let judged = |at| standing.judge(&terms, &bid("a", 100, at));
    assert_eq!(judged(terms.opens_at - 1), Err(Refused::NotYet));
    assert_eq!(judged(terms.opens_at), Ok(()));
    assert_eq!(judged(terms.closes_at - 1), Ok(()));
    assert_eq!(judged(terms.closes_at), Err(Refused::Closed));
}

#[test]
fn a_bid_beats_the_leading_one_by_the_step() {
    let terms = terms();
    let mut standing = Standing::of(&terms);
    let at = terms.opens_at;
    assert_eq!(offer(&terms, &mut standing, &bid("a", 15_300_001, at), 1), Err(Refused::AboveCeiling(15_300_000)));
    assert_eq!(offer(&terms, &mut standing, &bid("a", 15_300_000, at), 1), Ok(()), "the first may be the ceiling");
    let told = Refused::TooHigh { leading: 15_300_000, most: 15_270_000 };
    assert_eq!(offer(&terms, &mut standing, &bid("b", 15_300_000, at), 2), Err(told.clone()), "the same price comes second");
    assert_eq!(told.to_string(), "报价不够低：当前最低 153,000.00 元，下一口价最高 152,700.00 元");
    assert_eq!(offer(&terms, &mut standing, &bid("b", 15_270_000, at), 2), Ok(()));
    assert_eq!(standing.leading, Some(Leading { vendor: "b".into(), fen: 15_270_000, index: 2 }));
}

#[test]
fn a_step_in_thousandths_is_a_whole_fen_at_least() {
    assert_eq!(Step::Permille(5).below(1_000_000), 5_000);
    assert_eq!(Step::Permille(5).below(1_001), 6, "rounded up");
    assert_eq!(Step::Permille(1).below(1), 1);
    assert_eq!(Step::Permille(999).below(MOST_FEN), MOST_FEN / 1000 * 999, "nothing overflows");
    assert_eq!(Step::Fen(0).below(5), 1);
}

#[test]
fn an_extension_is_given_for_late_bids_and_not_for_ever() {
    let terms = Terms { extension: Some(Extension { within: 3 * MINUTE, by: 5 * MINUTE, times: 2 }), ..terms() };
    let mut standing = Standing::of(&terms);
    let mut next = 15_000_000;
    let mut late = |standing: &mut Standing, before_end| {
        next -= 30_000;
        let at = standing.closes_at - before_end;
        offer(&terms, standing, &bid("a", next, at), 1)
    };
    late(&mut standing, 3 * MINUTE + 1).ok();
    assert_eq!(standing.closes_at, terms.closes_at, "too early to count");
    for times in 1..=2 {
        late(&mut standing, 3 * MINUTE).ok();
        assert_eq!((standing.closes_at, standing.extended), (terms.closes_at + times * 5 * MINUTE, times));
    }
    late(&mut standing, 1).ok();
    assert_eq!(standing.closes_at, terms.closes_at + 10 * MINUTE, "twice and no more");
    assert_eq!(late(&mut standing, 0), Err(Refused::Closed));
}

#[test]
fn only_the_invited_bid_and_not_below_the_floor() {
    let invited = Terms { invited: vec!["a".into()], floor_fen: Some(1_000_000), ..terms() };
    let standing = Standing::of(&invited);
    assert_eq!(standing.judge(&invited, &bid("b", 2_000_000, invited.opens_at)), Err(Refused::NotInvited));
    assert_eq!(standing.judge(&invited, &bid("a", 999_999, invited.opens_at)), Err(Refused::BelowFloor(1_000_000)));
    assert_eq!(standing.judge(&invited, &bid("a", 1_000_000, invited.opens_at)), Ok(()));
    let explained = Terms { below_floor: BelowFloor::Explain, ..invited };
    assert_eq!(standing.judge(&explained, &bid("a", 999_999, explained.opens_at)), Ok(()));
}

fn taken(index: u64, vendor: &str, fen: Fen) -> Taken {
    Taken { index, vendor: vendor.into(), name: vendor.into(), fen, at: 0 }
}

#[test]
fn an_award_that_is_not_the_lowest_has_a_reason() {
    let bids = [taken(1, "a", 500), taken(2, "b", 400), taken(3, "a", 300)];
    assert_eq!(ranking(&bids).iter().map(|b| b.index).collect::<Vec<_>>(), [3, 2]);
    assert!(may_award(&terms(), &bids, 3, "").is_ok());
    assert!(matches!(may_award(&terms(), &bids, 2, " "), Err(NotSo::Reason(_))));
    assert!(may_award(&terms(), &bids, 2, "最低报价供应商书面放弃").is_ok());
    assert_eq!(may_award(&terms(), &bids, 1, "x"), Err(NotSo::NoSuchBid), "a vendor stands by its last price");
    assert_eq!(may_award(&terms(), &[], 1, "x"), Err(NotSo::NoBid));
    let strict = Terms { single: Single::Fail, ..terms() };
    assert_eq!(may_award(&strict, &bids[..1], 1, "x"), Err(NotSo::Single));
    let floor = Terms { floor_fen: Some(350), below_floor: BelowFloor::Explain, ..terms() };
    assert!(matches!(may_award(&floor, &bids, 3, ""), Err(NotSo::Reason(_))));
}

#[test]
fn a_result_waits_for_bids_that_are_under_way() {
    let (terms, mut standing) = (terms(), Standing::of(&terms()));
    for (at, told) in [(terms.closes_at - 1, false), (terms.closes_at + SETTLE - 1, false), (terms.closes_at + SETTLE, true)] {
        assert_eq!(may_decide(&standing, &terms, at).is_ok(), told);
    }
    standing.ended = Some(Phase::Cancelled);
    assert_eq!(may_decide(&standing, &terms, terms.closes_at + SETTLE), Err(NotSo::Ended(Phase::Cancelled)));
}

#[test]
fn a_slip_of_the_decimal_point_is_noticed() {
    let (terms, mut standing) = (terms(), Standing::of(&terms()));
    assert!(!looks_like_a_slip(&standing, &terms, 10_710_000));
    assert!(looks_like_a_slip(&standing, &terms, 1_530_000));
    standing.take(&terms, &bid("a", 1_000_000, terms.opens_at), 1);
    assert!(!looks_like_a_slip(&standing, &terms, 900_000));
    assert!(looks_like_a_slip(&standing, &terms, 100_000));
}

#[test]
fn terms_that_cannot_be_met_are_told() {
    assert_eq!(terms().mistakes(0), Vec::<String>::new());
    let t = terms();
    for bad in [
        Terms { title: " ".into(), ..t.clone() },
        Terms { ceiling_fen: 0, ..t.clone() },
        Terms { ceiling_fen: MOST_FEN + 1, budget_fen: MOST_FEN + 1, ..t.clone() },
        Terms { budget_fen: 1, ..t.clone() },
        Terms { step: Step::Fen(0), ..t.clone() },
        Terms { step: Step::Permille(1000), ..t.clone() },
        Terms { opens_at: 0, ..t.clone() },
        Terms { closes_at: t.opens_at, ..t.clone() },
        Terms { extension: Some(Extension { within: 0, by: 1, times: 1 }), ..t.clone() },
        Terms { floor_fen: Some(t.ceiling_fen), ..t.clone() },
    ] {
        assert!(!bad.mistakes(0).is_empty(), "{bad:?}");
    }
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![(1..50_000_i64).prop_map(Step::Fen), (1..200_i64).prop_map(Step::Permille)]
}

fn any_terms() -> impl Strategy<Value = Terms> {
    let extension = prop::option::of((1..20_i64, 1..20_i64, 1..4_i64).prop_map(|(within, by, times)| Extension { within, by, times }));
    (any_step(), extension, 100..100_000_i64, prop::option::of(1..100_i64)).prop_map(|(step, extension, ceiling_fen, floor_fen)| Terms {
        step,
        extension,
        ceiling_fen,
        floor_fen,
        opens_at: 100,
        closes_at: 200,
        ..terms()
    })
}

fn any_bids() -> impl Strategy<Value = Vec<(String, Fen, Millis)>> {
    prop::collection::vec(("[abc]", 1..100_000_i64, 90..260_i64), 0..60)
}

proptest! {
    #[test]
    fn prices_only_fall_and_by_the_step(terms in any_terms(), bids in any_bids()) {
        let mut standing = Standing::of(&terms);
        let mut before: Option<Fen> = None;
        for (index, (vendor, fen, at)) in bids.iter().enumerate() {
            let (closes, bid) = (standing.closes_at, bid(vendor, *fen, *at));
            let phase = standing.phase(&terms, *at);
            let told = offer(&terms, &mut standing, &bid, index as u64);
            if told.is_err() {
                prop_assert_eq!(standing.leading.as_ref().map(|l| l.fen), before, "what is refused changes nothing");
                continue;
            }
            prop_assert_eq!(phase, Phase::Open);
            prop_assert!(*at >= terms.opens_at && *at < closes && *fen <= terms.ceiling_fen);
            prop_assert!(before.is_none_or(|b| b - *fen >= terms.step.below(b) && *fen < b));
            before = Some(*fen);
        }
        let most = terms.extension.map_or(0, |e| e.by * e.times);
        prop_assert!((terms.closes_at..=terms.closes_at + most).contains(&standing.closes_at));
    }

    #[test]
    fn a_refusal_tells_what_would_be_taken(terms in any_terms(), bids in any_bids()) {
        let mut standing = Standing::of(&terms);
        for (index, (vendor, fen, _)) in bids.iter().enumerate() {
            if let Err(Refused::TooHigh { most, .. }) = offer(&terms, &mut standing, &bid(vendor, *fen, terms.opens_at), index as u64)
                && most > terms.floor_fen.unwrap_or(0)
            {
                prop_assert!(standing.judge(&terms, &bid(vendor, most, terms.opens_at)).is_ok());
                prop_assert!(standing.judge(&terms, &bid(vendor, most + 1, terms.opens_at)).is_err());
            }
        }
    }

    #[test]
    fn open_and_closed_follow_from_the_time_alone(terms in any_terms(), times in prop::collection::vec(0..300_i64, 1..20)) {
        let standing = Standing::of(&terms);
        for at in times {
            let phase = standing.phase(&terms, at);
            prop_assert_eq!(phase, if at < 100 { Phase::Announced } else if at < 200 { Phase::Open } else { Phase::Closed });
        }
    }
}
