//! The states and the clock, tried out by hand and by chance.

#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::*;

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn rules() -> Rules {
    let clock = Clock { days: 3, screen_days: 1, count: Count::Calendar, zone: zone("Asia/Shanghai") };
    Rules { clock, publishing: Publishing::Consent, confidential: false, reopen_days: 15 }
}

fn at(text: &str) -> Millis {
    text.parse::<Timestamp>().unwrap().as_millisecond()
}

/// Applies deeds one after another; every one must be possible.
fn run(deeds: &[Deed], rules: &Rules) -> Case {
    let mut case = Case::receive(rules, true, 0);
    for (i, deed) in deeds.iter().enumerate() {
        case = case.after(deed, rules, 1000 * (1 + i64::try_from(i).unwrap())).unwrap();
    }
    case
}

fn assign(to: &str) -> Deed {
    Deed { department: to.into(), ..Deed::of(Kind::Assign) }
}

fn answered() -> Vec<Deed> {
    vec![Deed::of(Kind::Accept), assign("jyj"), Deed::saying(Kind::Answer, "已办理"), Deed::of(Kind::Approve), Deed::of(Kind::Close)]
}

#[test]
fn a_letter_goes_from_the_citizen_to_the_department_and_back() {
    let case = run(&answered(), &rules());
    assert_eq!((case.state, case.department.as_deref(), case.reply.as_deref()), (State::Closed, Some("jyj"), Some("已办理")));
    assert_eq!((case.due_at, case.on_time(), case.version), (None, Some(true), 6));
}

#[test]
fn a_returned_letter_comes_back_with_what_was_missing() {
    let case = run(&[Deed::saying(Kind::Return, "请写明小区名称"), Deed::saying(Kind::Supplement, "云溪小区")], &rules());
    assert_eq!(case.state, State::Received);
    assert!(case.due_at.is_some());
}

#[test]
fn a_case_is_reopened_once_and_within_its_days() {
    let rules = rules();
    let mut deeds = answered();
    deeds.push(Deed::of(Kind::Publish));
    deeds.push(Deed::saying(Kind::Reopen, "问题没有解决"));
    let case = run(&deeds, &rules);
    assert_eq!((case.state, case.publication, case.reopened), (State::Accepted, Publication::Withdrawn, true));
    let again = [assign("jyj"), Deed::saying(Kind::Answer, "再次办理"), Deed::of(Kind::Approve), Deed::of(Kind::Close)];
    deeds.extend(again);
    let closed = run(&deeds, &rules);
    assert_eq!(closed.after(&Deed::saying(Kind::Reopen, "又"), &rules, 20_000), Err(Refused::ReopenOver));
    let once = run(&answered(), &rules);
    let late = once.reopen_until(&rules).unwrap();
    assert!(once.after(&Deed::saying(Kind::Reopen, "问题没有解决"), &rules, late - 1).is_ok());
    assert_eq!(once.after(&Deed::saying(Kind::Reopen, "问题没有解决"), &rules, late), Err(Refused::ReopenOver));
}

#[test]
fn what_is_missing_is_told() {
    let rules = rules();
    let case = Case::receive(&rules, true, 0);
    assert_eq!(case.after(&Deed::of(Kind::Return), &rules, 1).unwrap_err().to_string(), "请填写原因");
    let accepted = case.after(&Deed::of(Kind::Accept), &rules, 1).unwrap();
    assert_eq!(accepted.after(&Deed::of(Kind::Assign), &rules, 2), Err(Refused::Department));
    assert_eq!(accepted.after(&Deed::saying(Kind::Answer, "  "), &rules, 2).unwrap_err().to_string(), "请填写答复内容");
    assert_eq!(accepted.after(&Deed::of(Kind::Accept), &rules, 2).unwrap_err().to_string(), "“已受理”的来信不能受理");
    let closed = run(&answered(), &rules);
    assert_eq!(closed.after(&Deed { rating: 6, ..Deed::of(Kind::Rate) }, &rules, 9000), Err(Refused::Rating));
    let rated = closed.after(&Deed { rating: 4, ..Deed::of(Kind::Rate) }, &rules, 9000).unwrap();
    assert_eq!(rated.after(&Deed { rating: 5, ..Deed::of(Kind::Rate) }, &rules, 9001), Err(Refused::RatedBefore));
}

#[test]
fn a_term_ends_with_its_last_day_weekends_included() {
    let clock = rules().clock;
    // A Friday evening, and a second before and after midnight in Shanghai.
    assert_eq!(clock.end(at("2026-11-20T19:30:00+08:00"), 3), at("2026-11-24T00:00:00+08:00"));
    assert_eq!(clock.end(at("2026-11-20T23:59:59+08:00"), 3), at("2026-11-24T00:00:00+08:00"));
    assert_eq!(clock.end(at("2026-11-21T00:00:00+08:00"), 3), at("2026-11-25T00:00:00+08:00"));
    let working = Clock { count: Count::Working, ..clock };
    assert_eq!(working.end(at("2026-11-20T19:30:00+08:00"), 3), at("2026-11-26T00:00:00+08:00"));
    assert_eq!(working.end(at("2026-11-21T10:00:00+08:00"), 1), at("2026-11-24T00:00:00+08:00"));
}

#[test]
fn a_day_is_a_day_of_the_desks_own_calendar() {
    // In Berlin the night of 25 October 2026 has 25 hours, that of 29 March 23; in Kathmandu an hour is not whole.
    let berlin = Clock { zone: zone("Europe/Berlin"), ..rules().clock };
    assert_eq!(berlin.end(at("2026-10-24T12:00:00+02:00"), 1), at("2026-10-26T00:00:00+01:00"));
    assert_eq!(berlin.end(at("2026-03-28T12:00:00+01:00"), 1), at("2026-03-30T00:00:00+02:00"));
    let kathmandu = Clock { zone: zone("Asia/Kathmandu"), ..rules().clock };
    assert_eq!(kathmandu.end(at("2026-11-20T18:14:00Z"), 1), at("2026-11-21T18:15:00Z"));
    assert_eq!(kathmandu.end(at("2026-11-20T18:15:00Z"), 1), at("2026-11-22T18:15:00Z"));
}

#[test]
fn urgency_turns_at_the_very_moment() {
    let due = 10 * SOON;
    for (now, is) in [(due, Urgency::Overdue), (due - 1, Urgency::Soon), (due - SOON, Urgency::Soon), (due - SOON - 1, Urgency::Calm)] {
        assert_eq!(urgency(Some(due), now), is);
    }
    assert_eq!(urgency(None, 0), Urgency::Done);
}

/// Any deed at all, sensible or not.
fn any_deed() -> impl Strategy<Value = Deed> {
    let kinds = prop::sample::select(Kind::ALL.to_vec());
    let text = prop_oneof![Just(String::new()), Just("说明".to_string())];
    let department = prop_oneof![Just(String::new()), Just("jyj".to_string()), Just("zjj".to_string())];
    (kinds, text, department, 0..7_i64).prop_map(|(kind, text, department, rating)| Deed { kind, text, department, rating })
}

fn any_rules() -> impl Strategy<Value = Rules> {
    let publishing = prop::sample::select(Publishing::ALL.to_vec());
    (publishing, any::<bool>(), 0..4_u32).prop_map(|(publishing, confidential, days)| {
        let clock = Clock { days, ..rules().clock };
        Rules { clock, publishing, confidential, reopen_days: 1 }
    })
}

/// What holds of every case, however it came about.
fn holds(case: &Case, rules: &Rules) -> Result<(), TestCaseError> {
    let is = |state| case.state == state;
    prop_assert_eq!(case.due_at.is_some(), case.state.is_open(), "a clock runs exactly while somebody has to do something");
    prop_assert_eq!(case.closed_at.is_some(), is(State::Closed));
    prop_assert!(!is(State::Assigned) || case.department.is_some(), "an assigned case has a department");
    prop_assert!(!case.state.shows_reply() || case.reply.is_some() && case.answered_at.is_some(), "nothing is shown or closed without a reply");
    prop_assert!(case.rating.is_none() || is(State::Closed), "only what is done is rated");
    prop_assert!(case.publication != Publication::Published || is(State::Closed) && case.may_be_public(rules));
    prop_assert!(!rules.confidential || case.publication == Publication::Private, "what is confidential is never public");
    prop_assert!(case.accepted_at.is_some() || matches!(case.state, State::Received | State::Returned | State::Duplicate | State::NotOurs));
    prop_assert_eq!(case.promised_at.is_some(), case.accepted_at.is_some());
    Ok(())
}

proptest! {
    #[test]
    fn no_sequence_of_deeds_reaches_an_illegal_state(rules in any_rules(), consent: bool, deeds in prop::collection::vec((any_deed(), 0..200_000_000_i64), 0..60)) {
        let mut case = Case::receive(&rules, consent, 0);
        let (mut now, mut reopenings) = (0, 0);
        for (deed, later) in deeds {
            now += later;
            let can = case.can(deed.kind, &rules, now);
            if let Ok(next) = case.after(&deed, &rules, now) {
                prop_assert!(can, "what is done was offered");
                prop_assert_eq!(next.version, case.version + 1);
                reopenings += i32::from(deed.kind == Kind::Reopen);
                case = next;
            }
            holds(&case, &rules)?;
        }
        prop_assert!(reopenings <= 1);
    }

    #[test]
    fn a_longer_term_never_ends_earlier(from in 0..4_000_000_000_000_i64, days in 0..40_u32, later in 0..400_000_000_i64) {
        let clock = rules().clock;
        prop_assert!(clock.end(from, days) > from);
        prop_assert!(clock.end(from, days) < clock.end(from, days + 1));
        prop_assert!(clock.end(from, days) <= clock.end(from + later, days));
    }
}
