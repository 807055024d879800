//! Policies: parameters, and rules whose predicates speak of facts.

use smol_str::SmolStr;

use super::entity::{Fate, Operation};
use super::expr::BinaryOp;
use super::facts::{Fact, FactType, Subject};
use super::{AuditLogId, Duration, KeyId, LabelId, Layered, Named, Thing, TierId};
use polity_text::source::Span;

/// `policy house "Our own rules" { … }`, of the source or of those that come with the compiler.
#[derive(Debug, Clone)]
pub struct Policy {
    pub named: Named,
    pub title: SmolStr,
    pub parameters: Vec<Parameter>,
    pub rules: Vec<Rule>,
    /// The block that says them, from `{` to `}`.
    pub block: Option<Span>,
}

/// `parameter longest: duration = 5y`
#[derive(Debug, Clone)]
pub struct Parameter {
    pub named: Named,
    pub ty: FactType,
    pub default: Option<Fallback>,
}

/// The value of a parameter that `use policy` does not give.
#[derive(Debug, Clone, PartialEq)]
pub enum Fallback {
    Value(Value),
    /// `latest: duration = retention + 2mo`: that of an earlier parameter, by its position, and so much more.
    Derived {
        from: usize,
        more: Option<Duration>,
    },
}

/// `rule storage_limitation "GDPR Art. 5(1)(e)" { for entity where … require … }`
#[derive(Debug, Clone)]
pub struct Rule {
    pub named: Named,
    /// The article that it carries out, or empty.
    pub cites: SmolStr,
    pub subject: Subject,
    pub filter: Option<Predicate>,
    pub asks: Vec<Ask>,
    /// Whether breaking it is a warning and no error.
    pub softened: bool,
    pub help: SmolStr,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub enum Ask {
    Require(Predicate),
    Forbid(Predicate),
    Apply(Applied, Span),
}

/// A property that a rule sets where the source left it open.
#[derive(Debug, Clone, PartialEq)]
pub enum Applied {
    Encrypted {
        key: KeyChoice,
        searchable: bool,
    },
    /// A pseudonym in place of a reference with one arm; without a key where the platform has none or several.
    Pseudonymous {
        key: Option<KeyChoice>,
    },
    Immutable,
    Label(LabelId),
    /// Into the one audit log of the entity's store where none is named.
    Audit {
        operations: Vec<Operation>,
        into: Option<AuditLogId>,
    },
    AppendOnly,
    /// Counted from the entity's field of that name.
    Retain {
        duration: Duration,
        after: SmolStr,
        fate: Fate,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyChoice {
    Key(KeyId),
    /// A parameter of type `encryption_key`.
    Parameter(usize),
}

#[derive(Debug, Clone)]
pub struct Predicate {
    pub kind: PredicateKind,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub enum PredicateKind {
    /// A fact of the subject, or of what the subject stands in.
    Fact {
        of: Subject,
        fact: Fact,
    },
    /// A parameter, by its position in the policy.
    Parameter(usize),
    Value(Value),
    Not(Box<Predicate>),
    And(Box<Predicate>, Box<Predicate>),
    Or(Box<Predicate>, Box<Predicate>),
    /// `=`, `!=`, `<`, `<=`, `>`, `>=` or `matches`, of two things of one type.
    Compare {
        op: BinaryOp,
        left: Box<Predicate>,
        right: Box<Predicate>,
    },
    IsNull {
        operand: Box<Predicate>,
        negated: bool,
    },
    Between {
        operand: Box<Predicate>,
        low: Box<Predicate>,
        high: Box<Predicate>,
        negated: bool,
    },
    /// One of these values.
    OneOf {
        operand: Box<Predicate>,
        list: Vec<Predicate>,
        negated: bool,
    },
    /// `#personal in labels`: the label, or one that has it as a parent.
    HasLabel {
        label: LabelId,
        labels: Box<Predicate>,
        negated: bool,
    },
    /// Was not understood; reported already.
    Broken,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Bool(bool),
    Text(SmolStr),
    /// Digits with an optional sign and point, as written.
    Number(SmolStr),
    Duration(Duration),
    Key(KeyId),
}

/// `use policy gdpr { retention: 5y }`
#[derive(Debug, Clone)]
pub struct UsePolicy {
    pub name: SmolStr,
    pub span: Span,
    pub settings: Layered,
}

/// `waive gdpr.storage_limitation on core.Wallet until 2027-06-30 because "…"`
#[derive(Debug, Clone)]
pub struct Waiver {
    pub policy: SmolStr,
    pub rule: SmolStr,
    pub on: Waived,
    pub until: super::Date,
    pub because: SmolStr,
    pub span: Span,
}

/// The thing that a waiver excuses: anything that a rule may be `for`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Waived {
    Thing(Thing),
    Platform,
    Tier(TierId),
    /// A tenant, by its position in the platform.
    Tenant(usize),
    /// A service, by its position in the platform.
    Service(usize),
    Key(KeyId),
}

/// A rule, by its policy and its position there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RuleId {
    pub policy: usize,
    pub rule: usize,
}

/// A property that a rule set on one thing.
#[derive(Debug, Clone)]
pub struct Application {
    pub rule: RuleId,
    /// Where `apply` stands.
    pub span: Span,
    pub to: Thing,
    pub applied: Applied,
}

impl super::Platform {
    /// `gdpr.storage_limitation`
    #[must_use]
    pub fn rule_path(&self, id: RuleId) -> String {
        let policy = &self.policies[id.policy];
        format!("{}.{}", policy.named.name, policy.rules[id.rule].named.name)
    }
}
