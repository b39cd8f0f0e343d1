//! Who may see and do what: roles, granted site by site. Pure: no SQL, no HTTP.
//!
//! In: an account's [`Grant`]s and the [`Subject`] (a case's place in the house). Out: yes or no, and the [`Scope`] of cases a queue may
//! show. The citizen has no account: a receipt code opens one case.

use super::case::Kind;
use super::words::words;

words! {
    /// 角色
    Role {
        /// Screens, assigns, reviews, publishes.
        Centre = "centre" "信息中心",
        /// Answers for a department.
        Officer = "officer" "部门承办人",
        /// Decides on what is escalated.
        Leader = "leader" "分管领导",
        /// The only one who sees the cases of confidential desks.
        Confidential = "confidential" "保密专员",
        /// Reads everything but what is confidential, and the log.
        Auditor = "auditor" "审计员",
        /// Keeps the accounts; reads no letters.
        Admin = "admin" "系统管理员",
        /// Looks after vendors and auctions; of two, one drafts and the other approves.
        Procurement = "procurement" "采购中心",
        /// Bids for a vendor: its "site" is the vendor's 信用代码.
        Vendor = "vendor" "供应商",
    }
}

/// The site that stands for all sites.
pub const EVERY_SITE: &str = "*";

/// A role at a site: the site of the desks, or for [`Role::Officer`] the department's own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// A site's id, or [`EVERY_SITE`].
    pub site: String,
}

impl Grant {
    /// Reads `centre@www`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (role, site) = text.trim().split_once('@')?;
        let known = site == EVERY_SITE || (!site.is_empty() && site.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        Some(Self { role: Role::parse(role).filter(|_| known)?, site: site.to_string() })
    }

    /// Reads grants parted by spaces or commas; nothing when one of them is none.
    #[must_use]
    pub fn parse_all(text: &str) -> Option<Vec<Self>> {
        text.split([' ', ',', '\n', '\r']).filter(|part| !part.is_empty()).map(Self::parse).collect()
    }
}

impl std::fmt::Display for Grant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}", self.role.word(), self.site)
    }
}

/// Where a case stands in the house.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The desk's site.
    pub site: &'a str,
    /// The department that has it.
    pub department: Option<&'a str>,
    /// Whether its desk is confidential.
    pub confidential: bool,
}

fn has(grants: &[Grant], role: Role, site: &str) -> bool {
    grants.iter().any(|g| g.role == role && (g.site == EVERY_SITE || g.site == site))
}

fn answers_for(grants: &[Grant], case: &Subject<'_>) -> bool {
    case.department.is_some_and(|d| has(grants, Role::Officer, d))
}

/// Whether an account may read a case.
#[must_use]
pub fn may_see(grants: &[Grant], case: &Subject<'_>) -> bool {
    if case.confidential {
        return has(grants, Role::Confidential, case.site);
    }
    let readers = [Role::Centre, Role::Leader, Role::Auditor];
    readers.iter().any(|role| has(grants, *role, case.site)) || answers_for(grants, case)
}

/// Whether an account may do a kind of deed with a case, its state aside.
#[must_use]
pub fn may_do(grants: &[Grant], kind: Kind, case: &Subject<'_>) -> bool {
    if kind.is_citizens() {
        return false;
    }
    if case.confidential {
        return has(grants, Role::Confidential, case.site) && !matches!(kind, Kind::Publish | Kind::Withdraw);
    }
    let (centre, leader) = (has(grants, Role::Centre, case.site), has(grants, Role::Leader, case.site));
    match kind {
        Kind::Assign | Kind::SendBack => centre || leader,
        Kind::Transfer | Kind::Escalate => centre || answers_for(grants, case),
        Kind::Answer | Kind::Note => centre || leader || answers_for(grants, case),
        _ => centre,
    }
}

/// Whether an account may enter letters on paper's behalf and export a site's queue.
#[must_use]
pub fn may_enter(grants: &[Grant], site: &str, confidential: bool) -> bool {
    has(grants, if confidential { Role::Confidential } else { Role::Centre }, site)
}

/// Whether an account keeps accounts.
#[must_use]
pub fn may_keep_accounts(grants: &[Grant]) -> bool {
    grants.iter().any(|g| g.role == Role::Admin)
}

/// Whether an account may read the log of who looked at and did what.
#[must_use]
pub fn may_audit(grants: &[Grant]) -> bool {
    grants.iter().any(|g| matches!(g.role, Role::Auditor | Role::Admin) && g.site == EVERY_SITE)
}

/// Whether an account looks after vendors and auctions.
#[must_use]
pub fn may_procure(grants: &[Grant], site: &str) -> bool {
    has(grants, Role::Procurement, site)
}

/// The 信用代码 of the vendor an account bids for.
#[must_use]
pub fn vendor_of(grants: &[Grant]) -> Option<&str> {
    grants.iter().find(|g| g.role == Role::Vendor && g.site != EVERY_SITE).map(|g| &*g.site)
}

/// The cases an account's queue may show. A list that holds [`EVERY_SITE`] means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Sites whose desks' open cases are seen.
    pub sites: Vec<String>,
    /// Departments whose open cases are seen.
    pub departments: Vec<String>,
    /// Sites whose desks' confidential cases are seen.
    pub confidential: Vec<String>,
}

/// The scope of an account: [`may_see`] for whole lists.
#[must_use]
pub fn scope(grants: &[Grant]) -> Scope {
    let mut scope = Scope::default();
    for grant in grants {
        let list = match grant.role {
            Role::Centre | Role::Leader | Role::Auditor => &mut scope.sites,
            Role::Officer => &mut scope.departments,
            Role::Confidential => &mut scope.confidential,
            Role::Admin | Role::Procurement | Role::Vendor => continue,
        };
        list.push(grant.site.clone());
    }
    scope
}

impl Scope {
    /// Whether nothing at all is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sites.is_empty() && self.departments.is_empty() && self.confidential.is_empty()
    }

    /// Whether a case is in it.
    #[must_use]
    pub fn holds(&self, case: &Subject<'_>) -> bool {
        let in_list = |list: &[String], site: &str| list.iter().any(|s| s == EVERY_SITE || s == site);
        if case.confidential {
            return in_list(&self.confidential, case.site);
        }
        in_list(&self.sites, case.site) || case.department.is_some_and(|d| in_list(&self.departments, d))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn grants(text: &str) -> Vec<Grant> {
        Grant::parse_all(text).unwrap()
    }

    const LETTER: Subject<'_> = Subject { site: "www", department: Some("jyj"), confidential: false };
    const SECRET: Subject<'_> = Subject { confidential: true, ..LETTER };

    #[test]
    fn each_role_does_its_own_work_only() {
        let may = |who: &str| Kind::ALL.iter().filter(|k| may_do(&grants(who), **k, &LETTER)).map(|k| k.word()).collect::<Vec<_>>().join(" ");
        assert_eq!(may("centre@www"), "accept return mark-duplicate decline assign escalate transfer answer approve send-back close publish withdraw note");
        assert_eq!(may("officer@jyj"), "escalate transfer answer note");
        assert_eq!(may("leader@www"), "assign answer send-back note");
        for nobody in ["officer@zjj", "centre@jyj", "auditor@*", "admin@*", "confidential@*", "procurement@*", "vendor@www"] {
            assert_eq!(may(nobody), "", "{nobody}");
        }
    }

    #[test]
    fn what_is_confidential_is_seen_by_its_own_role_only() {
        for role in Role::ALL {
            let who = [Grant { role: *role, site: EVERY_SITE.into() }];
            assert_eq!(may_see(&who, &SECRET), *role == Role::Confidential, "{role:?}");
            assert!(!may_do(&who, Kind::Publish, &SECRET) && !may_do(&who, Kind::Withdraw, &SECRET));
        }
        assert!(!may_see(&grants("confidential@*"), &LETTER));
        assert!(!may_see(&grants("confidential@swj"), &SECRET));
    }

    #[test]
    fn a_vendors_account_is_a_vendors_and_nothing_else() {
        let who = grants("vendor@91350100M000100Y43");
        assert_eq!(vendor_of(&who), Some("91350100M000100Y43"));
        assert!(!may_procure(&who, "www") && !may_keep_accounts(&who) && !may_audit(&who) && scope(&who).is_empty());
        assert_eq!(vendor_of(&grants("vendor@* procurement@www")), None, "nobody bids for everybody");
        assert!(may_procure(&grants("procurement@*"), "www") && !may_procure(&grants("procurement@jyj"), "www"));
    }

    #[test]
    fn grants_are_read_as_they_are_written() {
        assert_eq!(Grant::parse("officer@jyj").unwrap().to_string(), "officer@jyj");
        for bad in ["officer", "king@www", "centre@", "centre@a b", "centre@../x"] {
            assert_eq!(Grant::parse(bad), None, "{bad}");
        }
        assert_eq!(Grant::parse_all("centre@www nobody"), None);
    }

    fn any_grants() -> impl Strategy<Value = Vec<Grant>> {
        let site = prop::sample::select(vec!["www", "jyj", "swj", EVERY_SITE]);
        let grant = (prop::sample::select(Role::ALL.to_vec()), site).prop_map(|(role, site)| Grant { role, site: site.into() });
        prop::collection::vec(grant, 0..4)
    }

    proptest! {
        #[test]
        fn a_scope_holds_what_may_be_seen_and_nothing_else(grants in any_grants(), site in "www|jyj|swj", department in prop::option::of("www|jyj|swj"), confidential: bool) {
            let case = Subject { site: &site, department: department.as_deref(), confidential };
            prop_assert_eq!(scope(&grants).holds(&case), may_see(&grants, &case));
        }

        #[test]
        fn nobody_does_what_they_cannot_see(grants in any_grants(), kind in prop::sample::select(Kind::ALL.to_vec()), confidential: bool) {
            let case = Subject { confidential, ..LETTER };
            prop_assert!(!may_do(&grants, kind, &case) || may_see(&grants, &case));
        }
    }
}
